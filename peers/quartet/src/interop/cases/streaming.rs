use futures::TryStreamExt;
use quartet::rpc::{Ended, Streaming};

use crate::interop::client::Context;
use crate::interop::failure::{Checked, Failure, expect};
use crate::interop::payload;
use crate::proto::grpc::testing::{
    ResponseParameters, StreamingInputCallRequest, StreamingOutputCallRequest,
    StreamingOutputCallResponse,
};

const REQUESTS: [usize; 4] = [27_182, 8, 1_828, 45_904];
const RESPONSES: [usize; 4] = [31_415, 9, 2_653, 58_979];

/// What a failed send means: the call has ended, and the other half says how.
pub fn ended(_: Ended) -> Failure {
    Failure::from("expected the call to go on, saw it end while a request was sent".to_owned())
}

pub fn input(size: usize) -> StreamingInputCallRequest {
    StreamingInputCallRequest { payload: payload(size), ..StreamingInputCallRequest::default() }
}

/// Asks for one answer of a size.
pub fn output(response: usize, request: usize) -> StreamingOutputCallRequest {
    let size = response.try_into().unwrap_or(i32::MAX);
    StreamingOutputCallRequest {
        response_parameters: vec![ResponseParameters { size, ..ResponseParameters::default() }],
        payload: payload(request),
        ..StreamingOutputCallRequest::default()
    }
}

/// The size of the next answer.
pub async fn next_size(
    answers: &mut Streaming<StreamingOutputCallResponse>,
) -> Result<usize, Failure> {
    let answer = answers.message().await?;
    let answer = answer.ok_or_else(|| "expected an answer, saw the end".to_owned())?;
    Ok(answer.payload.body.len())
}

/// The stream ends here, with OK.
pub async fn expect_end(answers: &mut Streaming<StreamingOutputCallResponse>) -> Checked {
    expect("an answer more", false, answers.message().await?.is_some())
}

pub async fn client_streaming(context: &Context<'_>) -> Checked {
    let (mut sender, reply) = context.test_service().streaming_input_call(())?;
    for size in REQUESTS {
        sender.send(input(size)).await.map_err(ended)?;
    }
    sender.close().await;
    let sum = reply.await?.get_ref().aggregated_payload_size;
    expect("the sum of the sizes", 74_922, sum)
}

pub async fn server_streaming(context: &Context<'_>) -> Checked {
    let mut request = StreamingOutputCallRequest::default();
    for size in RESPONSES {
        request.response_parameters.extend(output(size, 0).response_parameters);
    }
    let answers = context.test_service().streaming_output_call(request)?;
    let sizes = answers.map_ok(|answer| answer.payload.body.len()).try_collect::<Vec<_>>().await?;
    expect("the sizes of the answers", RESPONSES.to_vec(), sizes)
}

pub async fn ping_pong(context: &Context<'_>) -> Checked {
    let (mut sender, mut answers) = context.test_service().full_duplex_call(())?;
    for (response, request) in RESPONSES.into_iter().zip(REQUESTS) {
        sender.send(output(response, request)).await.map_err(ended)?;
        expect("the size of the answer", response, next_size(&mut answers).await?)?;
    }
    sender.close().await;
    expect_end(&mut answers).await
}

pub async fn empty_stream(context: &Context<'_>) -> Checked {
    let (mut sender, mut answers) = context.test_service().full_duplex_call(())?;
    sender.close().await;
    expect_end(&mut answers).await
}
