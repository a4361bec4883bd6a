use std::time::Duration;

use futures::{SinkExt, TryStreamExt};
use grpcio::{CallOption, RpcStatusCode, WriteFlags};

use super::streaming::{next_size, output};
use crate::interop::client::Context;
use crate::interop::failure::{Checked, expect, expect_code};

pub async fn cancel_after_begin(context: &Context<'_>) -> Checked {
    let (mut sink, reply) = context.test_service().streaming_input_call()?;
    sink.cancel();
    expect_code("the cancelled call", RpcStatusCode::CANCELLED, reply.await).map(drop)
}

pub async fn cancel_after_first_response(context: &Context<'_>) -> Checked {
    let (mut sink, mut answers) = context.test_service().full_duplex_call()?;
    sink.send((output(31_415, 27_182), WriteFlags::default())).await?;
    expect("the size of the answer", 31_415, next_size(&mut answers).await?)?;
    sink.cancel();
    expect_code("the cancelled call", RpcStatusCode::CANCELLED, answers.try_next().await).map(drop)
}

pub async fn timeout_on_sleeping_server(context: &Context<'_>) -> Checked {
    let soon = CallOption::default().timeout(Duration::from_millis(1));
    let (mut sink, mut answers) = context.test_service().full_duplex_call_opt(soon)?;
    let mut sleep = output(31_415, 27_182);
    sleep.response_parameters.clear();
    // It may be over before the request is sent.
    let _ = sink.send((sleep, WriteFlags::default())).await;
    let late = answers.try_next().await;
    expect_code("the late call", RpcStatusCode::DEADLINE_EXCEEDED, late).map(drop)
}
