//! The cases of gRPC's negative HTTP/2 tests: a server misbehaves.

use std::time::Duration;

use tokio::task::JoinSet;
use tonic::Code;

use super::large_request;
use super::unary::large_unary;
use crate::{Client, Failed, Tested};

const CALLS_AT_ONCE: usize = 15;

/// For GOAWAY to arrive.
const PAUSE: Duration = Duration::from_secs(1);

pub async fn reset(mut client: Client) -> Tested {
    let code = match client.unary_call(large_request()).await {
        Ok(_) => Code::Ok,
        Err(status) => {
            println!("{:?}: {}", status.code(), status.message());
            status.code()
        }
    };
    if matches!(code, Code::Ok | Code::DeadlineExceeded) {
        return Err(Failed(format!("status: expected one for a reset stream, saw {code:?}")));
    }
    Ok(())
}

pub async fn goaway(client: Client) -> Tested {
    large_unary(client.clone()).await?;
    tokio::time::sleep(PAUSE).await;
    large_unary(client).await
}

pub async fn max_streams(client: Client) -> Tested {
    large_unary(client.clone()).await?;
    let mut calls = JoinSet::new();
    for _ in 0..CALLS_AT_ONCE {
        calls.spawn(large_unary(client.clone()));
    }
    calls.join_all().await.into_iter().collect()
}
