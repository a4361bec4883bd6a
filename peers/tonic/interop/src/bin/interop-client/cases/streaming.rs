//! Streams. A call that is cancelled has no status in tonic: those cases are missing.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Streaming};

use tonic_interop_peer::payload;
use tonic_interop_peer::testing::{StreamingInputCallRequest, StreamingOutputCallResponse};

use super::output_request;
use crate::{Client, Failed, Tested, expect, expect_error};

pub const DEADLINE: Duration = Duration::from_millis(1);

const REQUESTS: [usize; 4] = [27182, 8, 1828, 45904];
const RESPONSES: [usize; 4] = [31415, 9, 2653, 58979];

pub async fn client_streaming(mut client: Client) -> Tested {
    let requests = REQUESTS
        .map(|size| StreamingInputCallRequest { payload: payload(size), ..Default::default() });
    let response = client.streaming_input_call(tokio_stream::iter(requests)).await?.into_inner();
    expect("aggregated size", 74922, response.aggregated_payload_size)
}

pub async fn server_streaming(mut client: Client) -> Tested {
    let request = output_request(0, &RESPONSES);
    let mut responses = client.streaming_output_call(request).await?.into_inner();
    for size in RESPONSES {
        expect_response(&mut responses, size).await?;
    }
    expect_end(&mut responses).await
}

pub async fn ping_pong(mut client: Client) -> Tested {
    let (outbound, requests) = mpsc::channel(1);
    let pairs: Vec<_> = REQUESTS.into_iter().zip(RESPONSES).collect();
    // Many servers have headers only with the first response.
    outbound.try_send(output_request(pairs[0].0, &[pairs[0].1])).expect("room for one");
    let mut responses = client.full_duplex_call(ReceiverStream::new(requests)).await?.into_inner();
    expect_response(&mut responses, pairs[0].1).await?;
    for &(size, response_size) in &pairs[1..] {
        // If the call has ended, `expect_response` knows why.
        let _ = outbound.send(output_request(size, &[response_size])).await;
        expect_response(&mut responses, response_size).await?;
    }
    drop(outbound);
    expect_end(&mut responses).await
}

pub async fn empty_stream(mut client: Client) -> Tested {
    let mut responses = client.full_duplex_call(tokio_stream::empty()).await?.into_inner();
    expect_end(&mut responses).await
}

pub async fn timeout_on_sleeping_server(mut client: Client) -> Tested {
    let requests = tokio_stream::once(output_request(27182, &[]));
    let mut request = Request::new(requests.chain(tokio_stream::pending()));
    request.set_timeout(DEADLINE);
    let call = async { client.full_duplex_call(request).await?.into_inner().message().await };
    let too_long = |_| Failed("expected an end within 3 s, saw none".into());
    let called = timeout(Duration::from_secs(3), call).await.map_err(too_long)?;
    expect_error(Code::DeadlineExceeded, called).map(drop)
}

pub type Responses = Streaming<StreamingOutputCallResponse>;

pub async fn expect_response(responses: &mut Responses, size: usize) -> Tested {
    let Some(response) = responses.message().await? else {
        return Err(Failed("expected a response, saw the stream's end".into()));
    };
    expect("size of the response", size, response.payload.unwrap_or_default().body.len())
}

pub async fn expect_end(responses: &mut Responses) -> Tested {
    let further = responses.message().await?.is_some();
    expect("a further response came", false, further)
}
