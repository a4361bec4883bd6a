use futures::{SinkExt, TryStreamExt};
use grpcio::{RpcStatusCode, WriteFlags};
use protobuf::MessageField;

use crate::interop::client::Context;
use crate::interop::failure::{Checked, expect, expect_code};
use crate::proto::empty::Empty;
use crate::proto::messages::{EchoStatus, SimpleRequest, StreamingOutputCallRequest};
use crate::proto::test_grpc::UnimplementedServiceClient;

const MESSAGE: &str = "test status message";
const SPECIAL: &str = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";

fn unknown(message: &str) -> MessageField<EchoStatus> {
    let message = message.to_owned();
    MessageField::some(EchoStatus { code: 2, message, ..EchoStatus::default() })
}

fn check<T>(what: &str, message: &str, result: grpcio::Result<T>) -> Checked {
    let status = expect_code(what, RpcStatusCode::UNKNOWN, result)?;
    expect(what, message, status.message())
}

async fn unary(context: &Context<'_>, message: &str) -> Checked {
    let request = SimpleRequest { response_status: unknown(message), ..SimpleRequest::default() };
    let answer = context.test_service().unary_call_async(&request)?.await;
    check("the unary call", message, answer)
}

pub async fn status_code_and_message(context: &Context<'_>) -> Checked {
    unary(context, MESSAGE).await?;
    let (mut sink, mut answers) = context.test_service().full_duplex_call()?;
    let response_status = unknown(MESSAGE);
    let request = StreamingOutputCallRequest { response_status, ..Default::default() };
    // The answer may come before the sending is through.
    let _ = sink.send((request, WriteFlags::default())).await;
    let _ = sink.close().await;
    check("the bidirectional call", MESSAGE, answers.try_next().await)
}

pub async fn special_status_message(context: &Context<'_>) -> Checked {
    unary(context, SPECIAL).await
}

pub async fn unimplemented_method(context: &Context<'_>) -> Checked {
    let answer = context.test_service().unimplemented_call_async(&Empty::default())?.await;
    expect_code("the unknown method", RpcStatusCode::UNIMPLEMENTED, answer).map(drop)
}

pub async fn unimplemented_service(context: &Context<'_>) -> Checked {
    let client = UnimplementedServiceClient::new(context.channel.clone());
    let answer = client.unimplemented_call_async(&Empty::default())?.await;
    expect_code("the unknown service", RpcStatusCode::UNIMPLEMENTED, answer).map(drop)
}
