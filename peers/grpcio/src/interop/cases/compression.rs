use futures::SinkExt;
use grpcio::{CallOption, RpcStatusCode, WriteFlags};
use protobuf::MessageField;

use super::streaming::input;
use super::unary::{LARGE_RESPONSE, large_request};
use crate::interop::client::Context;
use crate::interop::failure::{Checked, expect, expect_code};
use crate::proto::messages::{BoolValue, SimpleResponse, StreamingInputCallRequest};
use crate::proto::test_grpc::TestServiceClient;

fn is(value: bool) -> MessageField<BoolValue> {
    MessageField::some(BoolValue { value, ..BoolValue::default() })
}

/// For a message on a channel that compresses.
fn flags(compressed: bool) -> WriteFlags {
    WriteFlags::default().force_no_compress(!compressed)
}

pub async fn client_compressed_unary(context: &Context<'_>) -> Checked {
    let client = context.compressing()?;
    let probed = unary(&client, true, false).await;
    expect_code("a server that looks at the flag", RpcStatusCode::INVALID_ARGUMENT, probed)?;
    for compressed in [true, false] {
        let response = unary(&client, compressed, compressed).await?;
        expect("the size of the answer", LARGE_RESPONSE, response.payload.body.len())?;
    }
    Ok(())
}

async fn unary(
    client: &TestServiceClient,
    expected: bool,
    compressed: bool,
) -> grpcio::Result<SimpleResponse> {
    let mut request = large_request();
    request.expect_compressed = is(expected);
    let option = CallOption::default().write_flags(flags(compressed));
    client.unary_call_async_opt(&request, option)?.await
}

pub async fn client_compressed_streaming(context: &Context<'_>) -> Checked {
    let client = context.compressing()?;
    probe(&client).await?;
    let (mut sink, reply) = client.streaming_input_call()?;
    for (size, compressed) in [(27_182, true), (45_904, false)] {
        sink.send((expecting(size, compressed), flags(compressed))).await?;
    }
    let _ = sink.close().await;
    expect("the sum of the sizes", 73_086, reply.await?.aggregated_payload_size)
}

/// A message that says it is compressed, and isn't.
async fn probe(client: &TestServiceClient) -> Checked {
    let (mut sink, reply) = client.streaming_input_call()?;
    // The server may refuse before the half-close.
    let _ = sink.send((expecting(27_182, true), flags(false))).await;
    let _ = sink.close().await;
    let code = RpcStatusCode::INVALID_ARGUMENT;
    expect_code("a server that looks at the flag", code, reply.await).map(drop)
}

fn expecting(size: usize, compressed: bool) -> StreamingInputCallRequest {
    StreamingInputCallRequest { expect_compressed: is(compressed), ..input(size) }
}
