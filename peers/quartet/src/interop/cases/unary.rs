use futures::future::join_all;
use quartet::rpc::Status;

use crate::interop::client::Context;
use crate::interop::failure::{Checked, Failure, expect};
use crate::interop::payload;
use crate::proto::grpc::testing::{Empty, SimpleRequest, TestServiceClient};

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
    let size = request.response_size;
    let response = client.unary_call(request).await?;
    let seen = response.get_ref().payload.body.len();
    expect("the size of the answer", usize::try_from(size).unwrap_or(0), seen)
}

pub async fn empty_unary(context: &Context<'_>) -> Checked {
    let response = context.test_service().empty_call(Empty::default()).await?;
    expect("the answer", &Empty::default(), response.get_ref())
}

pub async fn large_unary(context: &Context<'_>) -> Checked {
    call(&context.test_service(), large_request()).await
}

/// A thousand of them at once, on one channel.
pub async fn concurrent_large_unary(context: &Context<'_>) -> Checked {
    let client = context.test_service();
    let calls = (0..1000).map(|_| client.unary_call(large_request()));
    let sizes = join_all(calls).await.into_iter().map(|result| {
        let response = result?;
        Ok(response.get_ref().payload.body.len())
    });
    let sizes: Vec<usize> = sizes.collect::<Result<_, Status>>().map_err(Failure::from)?;
    expect("the sizes of the answers", vec![LARGE_RESPONSE; 1000], sizes)
}
