use protobuf::MessageField;
use quartet::rpc::{Code, Compression, Request};

use super::streaming::{ended, input, output};
use super::unary::{LARGE_RESPONSE, large_request};
use crate::interop::client::Context;
use crate::interop::failure::{Checked, expect, expect_code};
use crate::proto::grpc::testing::{
    BoolValue, StreamingInputCallRequest, StreamingOutputCallRequest, TestServiceClient,
};

fn is(value: bool) -> MessageField<BoolValue> {
    MessageField::some(BoolValue { value, ..BoolValue::default() })
}

/// A call whose messages may be compressed.
fn compressing<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_compression(Compression::Gzip);
    request
}

pub async fn client_compressed_unary(context: &Context<'_>) -> Checked {
    let client = context.test_service();
    let request = |expected: bool, compressed: bool| {
        let mut message = large_request();
        message.expect_compressed = is(expected);
        let mut request = compressing(message);
        request.set_compresses(compressed);
        request
    };
    let probed = client.unary_call(request(true, false)).await;
    expect_code("a server that looks at the flag", Code::InvalidArgument, probed)?;
    for compressed in [true, false] {
        let response = client.unary_call(request(compressed, compressed)).await?;
        expect("the size of the answer", LARGE_RESPONSE, response.get_ref().payload.body.len())?;
    }
    Ok(())
}

pub async fn server_compressed_unary(context: &Context<'_>) -> Checked {
    for compressed in [true, false] {
        let mut request = large_request();
        request.response_compressed = is(compressed);
        let response = context.test_service().unary_call(request).await?;
        expect("whether the answer is compressed", compressed, response.compressed())?;
        expect("the size of the answer", LARGE_RESPONSE, response.get_ref().payload.body.len())?;
    }
    Ok(())
}

pub async fn client_compressed_streaming(context: &Context<'_>) -> Checked {
    let client = context.test_service();
    probe(&client).await?;
    let (mut sender, reply) = client.streaming_input_call(compressing(()))?;
    for (size, compressed) in [(27_182, true), (45_904, false)] {
        sender.set_compresses(compressed);
        sender.send(expecting(size, compressed)).await.map_err(ended)?;
    }
    sender.close().await;
    expect("the sum of the sizes", 73_086, reply.await?.get_ref().aggregated_payload_size)
}

/// A message that says it is compressed, and isn't.
async fn probe(client: &TestServiceClient) -> Checked {
    let (mut sender, reply) = client.streaming_input_call(compressing(()))?;
    sender.set_compresses(false);
    // The server may refuse before the half-close.
    let _ = sender.send(expecting(27_182, true)).await;
    sender.close().await;
    expect_code("a server that looks at the flag", Code::InvalidArgument, reply.await).map(drop)
}

fn expecting(size: usize, compressed: bool) -> StreamingInputCallRequest {
    StreamingInputCallRequest { expect_compressed: is(compressed), ..input(size) }
}

pub async fn server_compressed_streaming(context: &Context<'_>) -> Checked {
    let wanted = [(31_415, true), (92_653, false)];
    let mut request = StreamingOutputCallRequest::default();
    for (size, compressed) in wanted {
        let mut parameters = output(size, 0).response_parameters;
        parameters[0].compressed = is(compressed);
        request.response_parameters.extend(parameters);
    }
    let mut answers = context.test_service().streaming_output_call(request)?;
    let mut seen = Vec::new();
    while let Some(answer) = answers.message().await? {
        seen.push((answer.payload.body.len(), answers.compressed()));
    }
    expect("sizes of the answers, and whether each is compressed", wanted.to_vec(), seen)
}
