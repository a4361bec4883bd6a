//! What the server does, and what it saw.

/// How the server behaves. It answers every call as `UnaryCall` answers a request for
/// [`RESPONSE`] bytes.
#[derive(Debug)]
pub struct Script {
    /// How much of the answer it sends.
    pub answer: Part,
    /// How it ends a call.
    pub end: End,
    /// Whether it sends GOAWAY after its first answer.
    pub goaway: bool,
    /// Whether it sends PING before each frame of an answer, and waits for all
    /// acknowledgements before it ends the call.
    pub pings: bool,
    /// The value of SETTINGS_MAX_CONCURRENT_STREAMS.
    pub max_streams: Option<u32>,
    /// How many bytes of the answer are in a DATA frame.
    pub chunk: usize,
    /// How long the padding of a DATA frame is.
    pub padding: Option<u8>,
}

impl Script {
    /// As a server should be.
    pub const GOOD: Self = Self {
        answer: Part::All,
        end: End::Status,
        goaway: false,
        pings: false,
        max_streams: None,
        chunk: 16_384,
        padding: None,
    };
}

/// A part of an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part {
    /// Its headers.
    Headers,
    /// Its headers and half of its message.
    Half,
    /// Its headers and its message.
    All,
}

/// How a call ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    /// With trailers: `grpc-status: 0`.
    Status,
    /// With RST_STREAM, NO_ERROR.
    Reset,
}

/// The size of the payload in the answer to `large_unary`.
const RESPONSE: usize = 314_159;

/// A `SimpleResponse` with a payload of [`RESPONSE`] zeros, behind its length.
pub fn message() -> Vec<u8> {
    let payload = field(2, vec![0; RESPONSE]);
    let message = field(1, payload);
    let length = (message.len() as u32).to_be_bytes();
    [&[0], &length[..], &message].concat()
}

/// A field of protobuf that holds bytes.
fn field(number: u8, bytes: Vec<u8>) -> Vec<u8> {
    let mut field = vec![number << 3 | 2];
    let mut length = bytes.len();
    while length >= 0x80 {
        field.push(length as u8 | 0x80);
        length >>= 7;
    }
    field.push(length as u8);
    field.extend(bytes);
    field
}

/// What the server saw on one connection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// Calls started.
    pub calls: usize,
    /// The calls that it answered, as far as its script goes.
    pub answers: usize,
    /// The most streams that were open at once.
    pub at_once: usize,
    /// Calls begun after it had sent GOAWAY.
    pub late: usize,
    /// The PINGs that it sent.
    pub pings: usize,
    /// How many of them were acknowledged.
    pub acknowledged: usize,
    /// What broke the connection, if something did.
    pub broken: Option<String>,
}
