use protobuf::MessageField;
use quartet::rpc::{Code, Status};

use crate::interop::client::Context;
use crate::interop::failure::{Checked, expect, expect_code};
use crate::proto::grpc::testing::{
    EchoStatus, Empty, SimpleRequest, StreamingOutputCallRequest, UnimplementedServiceClient,
};

const MESSAGE: &str = "test status message";
const SPECIAL: &str = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";

fn unknown(message: &str) -> MessageField<EchoStatus> {
    let message = message.to_owned();
    MessageField::some(EchoStatus { code: 2, message, ..EchoStatus::default() })
}

fn check(what: &str, message: &str, result: Result<(), Status>) -> Checked {
    let status = expect_code(what, Code::Unknown, result)?;
    expect(what, message, status.message())
}

async fn unary(context: &Context<'_>, message: &str) -> Checked {
    let request = SimpleRequest { response_status: unknown(message), ..SimpleRequest::default() };
    check("the unary call", message, context.test_service().unary_call(request).await.map(drop))
}

pub async fn status_code_and_message(context: &Context<'_>) -> Checked {
    unary(context, MESSAGE).await?;
    let (mut sender, mut answers) = context.test_service().full_duplex_call(())?;
    let response_status = unknown(MESSAGE);
    let request = StreamingOutputCallRequest { response_status, ..Default::default() };
    // The answer may come before the sending is through.
    let _ = sender.send(request).await;
    sender.close().await;
    check("the bidirectional call", MESSAGE, answers.message().await.map(drop))
}

pub async fn special_status_message(context: &Context<'_>) -> Checked {
    unary(context, SPECIAL).await
}

pub async fn unimplemented_method(context: &Context<'_>) -> Checked {
    let result = context.test_service().unimplemented_call(Empty::default()).await;
    expect_code("the unknown method", Code::Unimplemented, result).map(drop)
}

pub async fn unimplemented_service(context: &Context<'_>) -> Checked {
    let client = UnimplementedServiceClient::new(&context.channel);
    let result = client.unimplemented_call(Empty::default()).await;
    expect_code("the unknown service", Code::Unimplemented, result).map(drop)
}
