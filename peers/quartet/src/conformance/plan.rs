//! What the suite asks of one call, read and checked.

use std::pin::pin;
use std::time::Duration;

use futures::future::{self, Either};
use futures_timer::Delay;
use protobuf::MessageFull;
use protobuf::well_known_types::any::Any;
use quartet::rpc::{self, Metadata, Request, Status};

use super::metadata::from_headers;
use crate::proto::connectrpc::conformance::v1::client_compat_request::cancel::Cancel_timing;
use crate::proto::connectrpc::conformance::v1::{
    ClientCompatRequest, Codec, Compression, HTTPVersion, Protocol, StreamType,
};

/// How a call is to be made.
pub struct Plan {
    metadata: Metadata,
    timeout: Option<Duration>,
    compression: rpc::Compression,
    delay: Duration,
    messages: Vec<Any>,
    pub full_duplex: bool,
    pub cancel: Option<Cancel>,
}

/// When a call is cancelled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cancel {
    InsteadOfHalfClose,
    AfterHalfClose(Duration),
    AfterResponses(usize),
}

impl Plan {
    /// Reads a request.
    ///
    /// # Errors
    /// What in it can't be done.
    pub fn new(request: ClientCompatRequest) -> Result<Self, String> {
        let metadata = from_headers(&request.request_headers)
            .map_err(|error| format!("request_headers: {error}"))?;
        check("protocol", request.protocol == Protocol::PROTOCOL_GRPC.into())?;
        check("http_version", request.http_version == HTTPVersion::HTTP_VERSION_2.into())?;
        check("codec", request.codec == Codec::CODEC_PROTO.into())?;
        Ok(Plan {
            metadata,
            timeout: request.timeout_ms.map(milliseconds),
            compression: compression(&request)?,
            delay: milliseconds(request.request_delay_ms),
            full_duplex: request.stream_type
                == StreamType::STREAM_TYPE_FULL_DUPLEX_BIDI_STREAM.into(),
            cancel: cancel(&request),
            messages: request.request_messages,
        })
    }

    /// What is to be sent.
    pub fn messages<Q: MessageFull>(&self) -> Result<Vec<Q>, String> {
        self.messages.iter().map(unpacked).collect()
    }

    /// The same, if it is one message.
    pub fn only<Q: MessageFull>(&self) -> Result<Q, String> {
        match self.messages.as_slice() {
            [message] => unpacked(message),
            more => Err(format!("request_messages: the method takes one, not {}", more.len())),
        }
    }

    /// The request of the call.
    pub fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.metadata_mut().extend(&self.metadata);
        request.set_compression(self.compression);
        if let Some(timeout) = self.timeout {
            request.set_timeout(timeout);
        }
        request
    }

    /// Waits, as before each message that is sent.
    pub async fn pause(&self) {
        if !self.delay.is_zero() {
            Delay::new(self.delay).await;
        }
    }

    /// Does what is left after the half-close, or lets go of it when the call is to be cancelled.
    pub async fn unless_cancelled<T>(
        &self,
        rest: impl Future<Output = Result<T, Status>>,
    ) -> Result<T, Status> {
        let Some(Cancel::AfterHalfClose(time)) = self.cancel else { return rest.await };
        match future::select(pin!(rest), Delay::new(time)).await {
            Either::Left((result, _)) => result,
            Either::Right(_) => Err(cancelled()),
        }
    }
}

/// What a call that is dropped would have ended with.
pub fn cancelled() -> Status {
    Status::cancelled("cancelled by this client")
}

fn check(field: &str, known: bool) -> Result<(), String> {
    known.then_some(()).ok_or_else(|| unknown(field))
}

fn unknown(field: &str) -> String {
    format!("{field}: this client does not support it")
}

fn compression(request: &ClientCompatRequest) -> Result<rpc::Compression, String> {
    match request.compression.enum_value() {
        Ok(Compression::COMPRESSION_IDENTITY) => Ok(rpc::Compression::None),
        Ok(Compression::COMPRESSION_GZIP) => Ok(rpc::Compression::Gzip),
        Ok(Compression::COMPRESSION_DEFLATE) => Ok(rpc::Compression::Deflate),
        _ => Err(unknown("compression")),
    }
}

fn cancel(request: &ClientCompatRequest) -> Option<Cancel> {
    let cancel = request.cancel.as_ref()?;
    Some(match cancel.cancel_timing {
        None => Cancel::AfterHalfClose(Duration::ZERO),
        Some(Cancel_timing::BeforeCloseSend(_)) => Cancel::InsteadOfHalfClose,
        Some(Cancel_timing::AfterCloseSendMs(time)) => Cancel::AfterHalfClose(milliseconds(time)),
        Some(Cancel_timing::AfterNumResponses(count)) => Cancel::AfterResponses(count as usize),
    })
}

fn unpacked<Q: MessageFull>(message: &Any) -> Result<Q, String> {
    match message.unpack() {
        Ok(Some(message)) => Ok(message),
        Ok(None) => Err(format!("request_messages: {} is not a {}", message.type_url, Q::NAME)),
        Err(error) => Err(format!("request_messages: not a {}: {error}", Q::NAME)),
    }
}

fn milliseconds(count: u32) -> Duration {
    Duration::from_millis(count.into())
}
