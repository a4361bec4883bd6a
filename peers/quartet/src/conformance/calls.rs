//! The calls of the four styles, and how they went.

use protobuf::{Message, MessageField};
use quartet::rpc::{Metadata, Request, Response, Sender, Status, Streaming};

use super::metadata::to_headers;
use super::plan::{Cancel, Plan, cancelled};
use super::status::to_error;
use crate::proto::connectrpc::conformance::v1::{
    BidiStreamRequest, ClientCompatRequest, ClientResponseResult, ClientStreamRequest,
    ConformancePayload, ConformanceServiceClient, ServerStreamRequest,
};

const SERVICE: &str = "connectrpc.conformance.v1.ConformanceService";

/// Makes the call that is asked for.
///
/// # Errors
/// Why it can't be made.
pub async fn make(
    client: &ConformanceServiceClient,
    request: ClientCompatRequest,
) -> Result<ClientResponseResult, String> {
    if request.service.as_deref() != Some(SERVICE) {
        return Err(format!("service: only {SERVICE} is supported"));
    }
    let method = request.method.clone().unwrap_or_default();
    let plan = Plan::new(request)?;
    let made = match &*method {
        "Unary" => unary(&plan, plan.only()?, |request| client.unary(request)).await,
        "Unimplemented" => {
            unary(&plan, plan.only()?, |request| client.unimplemented(request)).await
        }
        "ServerStream" => server_stream(&plan, plan.only()?, client).await,
        "ClientStream" => client_stream(&plan, plan.messages()?, client).await,
        "BidiStream" => bidi_stream(&plan, plan.messages()?, client).await,
        _ => return Err(format!("method: {SERVICE} has no {method}")),
    };
    Ok(made.unwrap_or_else(|status| failed(&status)))
}

async fn unary<Q, R: Into<ConformancePayload>>(
    plan: &Plan,
    message: Q,
    call: impl AsyncFnOnce(Request<Q>) -> Result<Response<R>, Status>,
) -> Result<ClientResponseResult, Status> {
    plan.pause().await;
    plan.unless_cancelled(call(plan.request(message))).await.map(answered)
}

async fn server_stream(
    plan: &Plan,
    message: ServerStreamRequest,
    client: &ConformanceServiceClient,
) -> Result<ClientResponseResult, Status> {
    plan.pause().await;
    let mut responses = Responses::new(plan, client.server_stream(plan.request(message))?);
    let outcome = plan.unless_cancelled(responses.rest()).await;
    Ok(responses.into_result(outcome))
}

async fn client_stream(
    plan: &Plan,
    messages: Vec<ClientStreamRequest>,
    client: &ConformanceServiceClient,
) -> Result<ClientResponseResult, Status> {
    let (mut sender, reply) = client.client_stream(plan.request(()))?;
    let mut unsent = messages.len();
    for message in messages {
        plan.pause().await;
        if sender.send(message).await.is_err() {
            break; // How the call ended is with the reply.
        }
        unsent -= 1;
    }
    end_requests(plan, sender).await;
    let outcome = plan.unless_cancelled(reply).await;
    let result = outcome.map_or_else(|status| failed(&status), answered);
    Ok(ClientResponseResult { num_unsent_requests: count(unsent), ..result })
}

async fn bidi_stream(
    plan: &Plan,
    messages: Vec<BidiStreamRequest>,
    client: &ConformanceServiceClient,
) -> Result<ClientResponseResult, Status> {
    let (mut sender, stream) = client.bidi_stream(plan.request(()))?;
    let mut responses = Responses::new(plan, stream);
    let mut unsent = messages.len();
    let talk = async {
        for message in messages {
            plan.pause().await;
            if sender.send(message).await.is_err() {
                break; // How the call ended is with the responses.
            }
            unsent -= 1;
            if plan.full_duplex && !responses.next().await? {
                break;
            }
        }
        end_requests(plan, sender).await;
        plan.unless_cancelled(responses.rest()).await
    };
    let outcome = talk.await;
    let result = responses.into_result(outcome);
    Ok(ClientResponseResult { num_unsent_requests: count(unsent), ..result })
}

/// Half-closes, or cancels instead.
async fn end_requests<T: Message>(plan: &Plan, mut sender: Sender<T>) {
    match plan.cancel {
        Some(Cancel::InsteadOfHalfClose) => drop(sender),
        _ => sender.close().await,
    }
}

/// The responses of a stream, as they come.
struct Responses<'a, R> {
    plan: &'a Plan,
    stream: Streaming<R>,
    headers: Metadata,
    payloads: Vec<ConformancePayload>,
}

impl<'a, R: Into<ConformancePayload>> Responses<'a, R> {
    fn new(plan: &'a Plan, stream: Streaming<R>) -> Self {
        Responses { plan, stream, headers: Metadata::new(), payloads: Vec::new() }
    }

    /// Receives the next one, if there is one more.
    async fn next(&mut self) -> Result<bool, Status> {
        let response = self.stream.message().await;
        self.headers = self.stream.headers().await.clone();
        let Some(response) = response? else { return Ok(false) };
        self.payloads.push(response.into());
        match self.plan.cancel {
            Some(Cancel::AfterResponses(count)) if count == self.payloads.len() => Err(cancelled()),
            _ => Ok(true),
        }
    }

    /// Receives what is left: the headers first, so that they are there without a message, too.
    async fn rest(&mut self) -> Result<(), Status> {
        self.headers = self.stream.headers().await.clone();
        while self.next().await? {}
        Ok(())
    }

    /// How the call went. If it has not ended, this cancels it.
    fn into_result(self, outcome: Result<(), Status>) -> ClientResponseResult {
        let result = match outcome {
            Ok(()) => ClientResponseResult {
                response_trailers: to_headers(self.stream.trailers()),
                ..ClientResponseResult::default()
            },
            Err(status) => failed(&status),
        };
        let response_headers = to_headers(&self.headers);
        ClientResponseResult { response_headers, payloads: self.payloads, ..result }
    }
}

fn answered<R: Into<ConformancePayload>>(response: Response<R>) -> ClientResponseResult {
    ClientResponseResult {
        response_headers: to_headers(response.headers()),
        response_trailers: to_headers(response.trailers()),
        payloads: vec![response.into_inner().into()],
        ..ClientResponseResult::default()
    }
}

fn failed(status: &Status) -> ClientResponseResult {
    ClientResponseResult {
        response_headers: to_headers(status.headers()),
        response_trailers: to_headers(status.metadata()),
        error: MessageField::some(to_error(status)),
        ..ClientResponseResult::default()
    }
}

fn count(messages: usize) -> i32 {
    i32::try_from(messages).unwrap_or(i32::MAX)
}
