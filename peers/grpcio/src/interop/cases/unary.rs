use futures::future::join_all;

use crate::interop::client::Context;
use crate::interop::failure::{Checked, expect};
use crate::interop::payload;
use crate::proto::empty::Empty;
use crate::proto::messages::SimpleRequest;
use crate::proto::test_grpc::TestServiceClient;

pub const LARGE_REQUEST: usize = 271_828;
pub const LARGE_RESPONSE: usize = 314_159;

/// The request of `large_unary`, which many cases are variations of.
pub fn large_request() -> SimpleRequest {
    sized(LARGE_REQUEST, LARGE_RESPONSE)
}

pub fn sized(request: usize, response: usize) -> SimpleRequest {
    SimpleRequest {
        response_size: response.try_into().unwrap_or(i32::MAX),
        payload: payload(request),
        ..SimpleRequest::default()
    }
}

/// One large call, whose answer has the size that was asked for.
pub async fn call(client: &TestServiceClient, request: SimpleRequest) -> Checked {
    let response = client.unary_call_async(&request)?.await?;
    let size = usize::try_from(request.response_size).unwrap_or(0);
    expect("the size of the answer", size, response.payload.body.len())
}

pub async fn empty_unary(context: &Context<'_>) -> Checked {
    let response = context.test_service().empty_call_async(&Empty::default())?.await?;
    expect("the answer", Empty::default(), response)
}

pub async fn large_unary(context: &Context<'_>) -> Checked {
    call(&context.test_service(), large_request()).await
}

/// A thousand of them at once, on one channel.
pub async fn concurrent_large_unary(context: &Context<'_>) -> Checked {
    let client = context.test_service();
    let calls = (0..1000).map(|_| call(&client, large_request()));
    join_all(calls).await.into_iter().collect()
}
