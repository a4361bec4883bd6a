use futures::{SinkExt, TryStreamExt};
use grpcio::{ClientDuplexReceiver, WriteFlags};

use crate::interop::client::Context;
use crate::interop::failure::{Checked, Failure, expect};
use crate::interop::payload;
use crate::proto::messages::{
    ResponseParameters, StreamingInputCallRequest, StreamingOutputCallRequest,
    StreamingOutputCallResponse,
};

const REQUESTS: [usize; 4] = [27_182, 8, 1_828, 45_904];
const RESPONSES: [usize; 4] = [31_415, 9, 2_653, 58_979];

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
    answers: &mut ClientDuplexReceiver<StreamingOutputCallResponse>,
) -> Result<usize, Failure> {
    let answer = answers.try_next().await?;
    let answer = answer.ok_or_else(|| "expected an answer, saw the end".to_owned())?;
    Ok(answer.payload.body.len())
}

/// The stream ends here, with OK.
async fn expect_end(answers: &mut ClientDuplexReceiver<StreamingOutputCallResponse>) -> Checked {
    expect("an answer more", false, answers.try_next().await?.is_some())
}

pub async fn client_streaming(context: &Context<'_>) -> Checked {
    let (mut sink, reply) = context.test_service().streaming_input_call()?;
    for size in REQUESTS {
        sink.send((input(size), WriteFlags::default())).await?;
    }
    // In a call that ends well this fails if the answer is quicker: the reply says what is true.
    let _ = sink.close().await;
    expect("the sum of the sizes", 74_922, reply.await?.aggregated_payload_size)
}

pub async fn server_streaming(context: &Context<'_>) -> Checked {
    let mut request = StreamingOutputCallRequest::default();
    for size in RESPONSES {
        request.response_parameters.extend(output(size, 0).response_parameters);
    }
    let answers = context.test_service().streaming_output_call(&request)?;
    let sizes = answers.map_ok(|answer| answer.payload.body.len()).try_collect::<Vec<_>>().await?;
    expect("the sizes of the answers", RESPONSES.to_vec(), sizes)
}

pub async fn ping_pong(context: &Context<'_>) -> Checked {
    let (mut sink, mut answers) = context.test_service().full_duplex_call()?;
    for (response, request) in RESPONSES.into_iter().zip(REQUESTS) {
        sink.send((output(response, request), WriteFlags::default())).await?;
        expect("the size of the answer", response, next_size(&mut answers).await?)?;
    }
    let _ = sink.close().await;
    expect_end(&mut answers).await
}

pub async fn empty_stream(context: &Context<'_>) -> Checked {
    let (mut sink, mut answers) = context.test_service().full_duplex_call()?;
    let _ = sink.close().await;
    expect_end(&mut answers).await
}
