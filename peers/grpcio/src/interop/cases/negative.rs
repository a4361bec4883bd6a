//! The cases of a server that misbehaves
//! (gRPC's negative-http2-interop-test-descriptions.md).

use std::time::Duration;

use futures::future::join_all;
use futures_timer::Delay;
use grpcio::{CallOption, Error, RpcStatusCode};

use super::unary::{call, large_request};
use crate::interop::client::Context;
use crate::interop::failure::{Checked, Failure};

/// The server resets the stream, so the call has to fail; and not because time is up.
async fn fails(context: &Context<'_>) -> Checked {
    let option = CallOption::default().timeout(Duration::from_secs(10));
    match context.test_service().unary_call_async_opt(&large_request(), option)?.await {
        Err(Error::RpcFailure(status)) if status.code() != RpcStatusCode::DEADLINE_EXCEEDED => {
            Ok(())
        }
        Err(error) => Err(Failure::from(format!("expected another error, saw {error}"))),
        Ok(_) => Err(Failure::from("expected an error, saw an answer".to_owned())),
    }
}

pub async fn rst_after_header(context: &Context<'_>) -> Checked {
    fails(context).await
}

pub async fn rst_during_data(context: &Context<'_>) -> Checked {
    fails(context).await
}

pub async fn rst_after_data(context: &Context<'_>) -> Checked {
    fails(context).await
}

/// The second call needs another connection.
pub async fn goaway(context: &Context<'_>) -> Checked {
    let client = context.test_service();
    call(&client, large_request()).await?;
    Delay::new(Duration::from_secs(1)).await;
    call(&client, large_request()).await
}

pub async fn ping(context: &Context<'_>) -> Checked {
    call(&context.test_service(), large_request()).await
}

/// The first call learns of the limit, and the others wait for each other.
pub async fn max_streams(context: &Context<'_>) -> Checked {
    let client = context.test_service();
    call(&client, large_request()).await?;
    let calls = (0..15).map(|_| call(&client, large_request()));
    join_all(calls).await.into_iter().collect()
}
