//! A driver's call of a worker: gRPC on a connection of its own.

use std::io;

use protobuf::Message;

use super::wire::{Connection, EventKind};

/// A call with messages in both directions, one after the other.
pub struct Control {
    connection: Connection,
    stream: u32,
    received: Vec<u8>,
}

impl Control {
    /// Begins a call of `grpc.testing.WorkerService`.
    pub fn start(address: &str, method: &str) -> Result<Self, String> {
        let begin = || {
            let mut connection = Connection::open(address)?;
            let stream = connection.call(&format!("/grpc.testing.WorkerService/{method}"))?;
            Ok(Self { connection, stream, received: Vec::new() })
        };
        begin().map_err(|error: io::Error| format!("worker at {address}: {error}"))
    }

    /// Sends a message and waits for the one that answers it.
    pub fn ask<Answer: Message>(&mut self, message: &impl Message) -> Result<Answer, String> {
        let bytes = message.write_to_bytes().map_err(|error| error.to_string())?;
        self.connection.message(self.stream, &bytes, false).map_err(|error| error.to_string())?;
        loop {
            if let Some(message) = self.message() {
                return Answer::parse_from_bytes(&message).map_err(|error| error.to_string());
            }
            if let Some(status) = self.advance()? {
                return Err(format!("ended the call: {status}"));
            }
        }
    }

    /// Half-closes, and waits until the worker has ended what it did.
    pub fn finish(mut self) -> Result<(), String> {
        self.connection.half_close(self.stream).map_err(|error| error.to_string())?;
        loop {
            match self.advance()? {
                None => self.received.clear(),
                Some(status) if status.is_ok() => return Ok(()),
                Some(status) => return Err(format!("ended with {status}")),
            }
        }
    }

    /// Takes what comes next; the status if that is the end.
    fn advance(&mut self) -> Result<Option<Status>, String> {
        let event = self.connection.next().map_err(|error| error.to_string())?;
        match event.kind {
            EventKind::Data(data) => self.received.extend(data),
            EventKind::Headers(headers) if event.ends => return Ok(Some(Status::of(&headers))),
            EventKind::Headers(_) => {}
            EventKind::Reset(code) => return Err(format!("reset the call, with code {code}")),
        }
        Ok(None)
    }

    /// The next whole message.
    fn message(&mut self) -> Option<Vec<u8>> {
        let (head, rest) = self.received.split_at_checked(5)?;
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let message = rest.get(..length)?.to_vec();
        self.received.drain(..5 + length);
        Some(message)
    }
}

/// How a call ended.
struct Status {
    code: String,
    message: String,
}

impl Status {
    fn of(trailers: &[(Vec<u8>, Vec<u8>)]) -> Self {
        let text = |name: &str| {
            let value = trailers.iter().find(|(it, _)| it == name.as_bytes());
            value.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).unwrap_or_default()
        };
        Self { code: text("grpc-status"), message: text("grpc-message") }
    }

    fn is_ok(&self) -> bool {
        self.code == "0"
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "status {} {}", self.code, self.message)
    }
}
