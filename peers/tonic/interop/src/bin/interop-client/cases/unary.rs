//! Calls with one message each way, and how they end.

use tonic::codec::CompressionEncoding::Gzip;
use tonic::transport::Channel;
use tonic::{Code, Status};

use tonic_interop_peer::testing::unimplemented_service_client::UnimplementedServiceClient;
use tonic_interop_peer::testing::{
    BoolValue, EchoStatus, Empty, SimpleRequest, SimpleResponse, StreamingOutputCallRequest,
};

use super::{LARGE_RESPONSE, large_request};
use crate::{Client, Tested, expect, expect_error};

pub async fn empty_unary(mut client: Client) -> Tested {
    client.empty_call(Empty {}).await?;
    Ok(())
}

pub async fn large_unary(mut client: Client) -> Tested {
    expect_large(client.unary_call(large_request()).await?.into_inner())
}

pub fn expect_large(response: SimpleResponse) -> Tested {
    let size = response.payload.unwrap_or_default().body.len();
    expect("size of the response", LARGE_RESPONSE, size)
}

pub async fn client_compressed_unary(mut client: Client) -> Tested {
    let request = |expect_compressed| SimpleRequest {
        expect_compressed: Some(BoolValue { value: expect_compressed }),
        ..large_request()
    };
    expect_error(Code::InvalidArgument, client.unary_call(request(true)).await)?;
    let mut compressing = client.clone().send_compressed(Gzip);
    expect_large(compressing.unary_call(request(true)).await?.into_inner())?;
    expect_large(client.unary_call(request(false)).await?.into_inner())
}

pub async fn status_code_and_message(mut client: Client) -> Tested {
    let wanted = unknown("test status message");
    expect_unary_status(&mut client, &wanted).await?;

    let response_status = Some(wanted.clone());
    let request = StreamingOutputCallRequest { response_status, ..Default::default() };
    let called = client.full_duplex_call(tokio_stream::iter([request])).await;
    let called = match called {
        Ok(response) => response.into_inner().message().await.map(drop),
        Err(status) => Err(status),
    };
    expect_status(&wanted, called)
}

pub async fn special_status_message(mut client: Client) -> Tested {
    let text = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";
    expect_unary_status(&mut client, &unknown(text)).await
}

fn unknown(message: &str) -> EchoStatus {
    EchoStatus { code: Code::Unknown as i32, message: message.into() }
}

async fn expect_unary_status(client: &mut Client, wanted: &EchoStatus) -> Tested {
    let response_status = Some(wanted.clone());
    let request = SimpleRequest { response_status, ..Default::default() };
    expect_status(wanted, client.unary_call(request).await)
}

fn expect_status<T>(wanted: &EchoStatus, called: Result<T, Status>) -> Tested {
    let status = expect_error(Code::from_i32(wanted.code), called)?;
    expect("status message", wanted.message.as_str(), status.message())
}

pub async fn unimplemented_method(mut client: Client) -> Tested {
    expect_error(Code::Unimplemented, client.unimplemented_call(Empty {}).await).map(drop)
}

pub async fn unimplemented_service(channel: Channel) -> Tested {
    let mut client = UnimplementedServiceClient::new(channel);
    expect_error(Code::Unimplemented, client.unimplemented_call(Empty {}).await).map(drop)
}
