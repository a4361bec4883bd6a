use std::time::Duration;

use quartet::rpc::{Code, Request};

use super::streaming::{ended, next_size, output};
use crate::interop::client::Context;
use crate::interop::failure::{Checked, expect, expect_code};

pub async fn cancel_after_begin(context: &Context<'_>) -> Checked {
    let (sender, reply) = context.test_service().streaming_input_call(())?;
    drop(sender); // Before it is closed, this cancels.
    expect_code("the cancelled call", Code::Cancelled, reply.await).map(drop)
}

pub async fn cancel_after_first_response(context: &Context<'_>) -> Checked {
    let (mut sender, mut answers) = context.test_service().full_duplex_call(())?;
    sender.send(output(31_415, 27_182)).await.map_err(ended)?;
    expect("the size of the answer", 31_415, next_size(&mut answers).await?)?;
    drop(sender);
    expect_code("the cancelled call", Code::Cancelled, answers.message().await).map(drop)
}

pub async fn timeout_on_sleeping_server(context: &Context<'_>) -> Checked {
    let mut request = Request::new(());
    request.set_timeout(Duration::from_millis(1));
    let (mut sender, mut answers) = context.test_service().full_duplex_call(request)?;
    let mut sleep = output(31_415, 27_182);
    sleep.response_parameters.clear();
    // It may be over before the request is sent.
    let _ = sender.send(sleep).await;
    expect_code("the late call", Code::DeadlineExceeded, answers.message().await).map(drop)
}
