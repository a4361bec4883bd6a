use std::fmt;

use grpcio::RpcStatus;

use super::Metadata;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal $text:literal $constructor:ident;)+) => {
        /// A status code, as <https://grpc.github.io/grpc/core/md_doc_statuscodes.html> has them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $($(#[$doc])* $name = $number,)+
        }

        impl Code {
            /// Every code, in the order of their numbers.
            pub const ALL: &'static [Code] = &[$(Code::$name),+];

            /// The name as the specification writes it, such as `DEADLINE_EXCEEDED`.
            pub fn name(self) -> &'static str {
                match self { $(Code::$name => $text,)+ }
            }
        }

        impl Status {
            $(
                #[doc = concat!("A status with the code `", $text, "`.")]
                pub fn $constructor(message: impl Into<String>) -> Self {
                    Status::new(Code::$name, message)
                }
            )+
        }
    };
}

codes! {
    /// The call succeeded.
    Ok = 0 "OK" ok;
    /// The call was cancelled, mostly by its caller.
    Cancelled = 1 "CANCELLED" cancelled;
    /// An error that no other code describes, or a code that is not in the specification.
    Unknown = 2 "UNKNOWN" unknown;
    /// The request can't be right, whatever the state of the server.
    InvalidArgument = 3 "INVALID_ARGUMENT" invalid_argument;
    /// Time was up before the call was complete.
    DeadlineExceeded = 4 "DEADLINE_EXCEEDED" deadline_exceeded;
    /// What was asked for is not there.
    NotFound = 5 "NOT_FOUND" not_found;
    /// What was to be made is there already.
    AlreadyExists = 6 "ALREADY_EXISTS" already_exists;
    /// The caller is known, and may not do this.
    PermissionDenied = 7 "PERMISSION_DENIED" permission_denied;
    /// A quota, a limit or a size was exceeded.
    ResourceExhausted = 8 "RESOURCE_EXHAUSTED" resource_exhausted;
    /// The state of the server forbids it; trying again does not help.
    FailedPrecondition = 9 "FAILED_PRECONDITION" failed_precondition;
    /// A conflict with another call; the caller may start over.
    Aborted = 10 "ABORTED" aborted;
    /// Past the valid range.
    OutOfRange = 11 "OUT_OF_RANGE" out_of_range;
    /// The server does not have this method.
    Unimplemented = 12 "UNIMPLEMENTED" unimplemented;
    /// Something is broken.
    Internal = 13 "INTERNAL" internal;
    /// The server can't be reached or does not take calls now; trying again may help.
    Unavailable = 14 "UNAVAILABLE" unavailable;
    /// Data is lost or corrupt for good.
    DataLoss = 15 "DATA_LOSS" data_loss;
    /// The caller is not known.
    Unauthenticated = 16 "UNAUTHENTICATED" unauthenticated;
}

impl From<i32> for Code {
    /// A number outside the specification is [`Code::Unknown`], as its text asks.
    fn from(number: i32) -> Self {
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        Code::ALL.get(index).copied().unwrap_or(Code::Unknown)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a call ended: a code, and for an error a message and details.
///
/// With them comes metadata of two kinds: the [`headers`](Self::headers), which are sent before
/// the first message, and the [`metadata`](Self::metadata), which are the trailers.
///
/// ```
/// use quartet::rpc::{Code, Status};
///
/// fn find(room: &str) -> Result<(), Status> {
///     Err(Status::not_found(format!("no room `{room}`")))
/// }
///
/// let status = find("attic").unwrap_err();
/// assert_eq!(status.code(), Code::NotFound);
/// assert_eq!(status.to_string(), "NOT_FOUND: no room `attic`");
/// ```
#[derive(Clone, Debug)]
pub struct Status {
    code: Code,
    message: String,
    /// Boxed, as a status is a part of every result.
    rest: Option<Box<Rest>>,
}

/// What most statuses have nothing of.
#[derive(Clone, Debug)]
struct Rest {
    details: Vec<u8>,
    headers: Metadata,
    trailers: Metadata,
}

impl Rest {
    const fn new() -> Self {
        Rest { details: Vec::new(), headers: Metadata::new(), trailers: Metadata::new() }
    }
}

impl Status {
    /// A status with this code. The message is for people, and is sent to the peer.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Status { code, message: message.into(), rest: None }
    }

    /// Adds an encoded `google.rpc.Status`, sent as `grpc-status-details-bin`.
    pub fn with_details(mut self, details: impl Into<Vec<u8>>) -> Self {
        let details = details.into();
        if !details.is_empty() || self.rest.is_some() {
            self.rest_mut().details = details;
        }
        self
    }

    /// Adds metadata, which a server sends as trailers.
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        if !metadata.is_empty() || self.rest.is_some() {
            self.rest_mut().trailers = metadata;
        }
        self
    }

    /// Adds metadata, which a server sends as headers, unless they have already left.
    pub fn with_headers(mut self, headers: Metadata) -> Self {
        if !headers.is_empty() || self.rest.is_some() {
            self.rest_mut().headers = headers;
        }
        self
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What happened, for people; may be empty.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// An encoded `google.rpc.Status`; mostly empty.
    pub fn details(&self) -> &[u8] {
        &self.rest().details
    }

    /// The trailers received or sent with the status.
    pub fn metadata(&self) -> &Metadata {
        &self.rest().trailers
    }

    /// The trailers, mutable.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.rest_mut().trailers
    }

    /// In a client: the headers that the server sent before its first message. Empty if it sent
    /// none, like most servers that fail at once: all of their metadata is in the trailers.
    ///
    /// On a server: headers to send in addition to those of the response; they are lost if the
    /// headers of the call have already left, with a message of a stream.
    pub fn headers(&self) -> &Metadata {
        &self.rest().headers
    }

    /// The headers, mutable.
    pub fn headers_mut(&mut self) -> &mut Metadata {
        &mut self.rest_mut().headers
    }

    /// Headers and trailers.
    pub(super) fn into_metadata(self) -> (Metadata, Metadata) {
        self.rest.map_or_else(Default::default, |rest| (rest.headers, rest.trailers))
    }

    fn rest(&self) -> &Rest {
        static NOTHING: Rest = Rest::new();
        self.rest.as_deref().unwrap_or(&NOTHING)
    }

    fn rest_mut(&mut self) -> &mut Rest {
        self.rest.get_or_insert_with(|| Box::new(Rest::new()))
    }

    /// What grpcio reports as an error on this side of a call.
    pub(super) fn from_grpcio(error: grpcio::Error) -> Self {
        use grpcio::Error::*;
        match error {
            RpcFailure(status) | RpcFinished(Some(status)) => {
                Status::new(i32::from(status.code()).into(), status.message())
                    .with_details(status.details())
            }
            RemoteStopped | RpcFinished(None) => Status::cancelled("the call has ended"),
            Codec(error) => Status::internal(error.to_string()),
            QueueShutdown => Status::unavailable("this process is shutting down"),
            InvalidMetadata(why) => Status::internal(format!("invalid metadata: {why}")),
            other => Status::internal(other.to_string()),
        }
    }

    /// The part that grpcio sends. The message is cut where it would not fit into the
    /// peer's header limit (8 KiB by default), which would replace the whole status.
    pub(super) fn to_grpcio(&self) -> RpcStatus {
        const LONGEST: usize = 1024;
        let mut message = self.message.clone();
        if message.len() > LONGEST {
            message.truncate(message.floor_char_boundary(LONGEST));
            message.push('…');
        }
        RpcStatus::with_details(self.code as i32, message, self.details().to_vec())
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message.as_str() {
            "" => write!(f, "{}", self.code),
            message => write!(f, "{}: {message}", self.code),
        }
    }
}

impl std::error::Error for Status {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_numbers() {
        for (number, code) in (0..).zip(Code::ALL) {
            assert_eq!(Code::from(number), *code, "code {number}");
        }
        assert_eq!(Code::from(17), Code::Unknown);
        assert_eq!(Code::from(-1), Code::Unknown);
    }

    #[test]
    fn a_long_message_is_cut_at_a_character() {
        let sent = Status::internal("ä".repeat(2000)).to_grpcio();
        assert!(sent.message().len() <= 1030, "{} bytes", sent.message().len());
        assert!(sent.message().ends_with("ä…"));
    }

    #[test]
    fn it_is_small_and_has_room_for_everything() {
        assert!(size_of::<Status>() <= 40, "{} bytes", size_of::<Status>());
        let mut status = Status::ok("");
        assert!(status.details().is_empty());
        assert!(status.headers().is_empty() && status.metadata().is_empty());
        status.headers_mut().add("before", "1").unwrap();
        status.metadata_mut().add("after", "2").unwrap();
        status = status.with_details([3]);
        assert_eq!(status.headers().iter().collect::<Vec<_>>(), [("before", &b"1"[..])]);
        assert_eq!(status.metadata().iter().collect::<Vec<_>>(), [("after", &b"2"[..])]);
        assert_eq!(status.details(), [3]);
        status = status.with_headers(Metadata::new());
        assert!(status.headers().is_empty(), "{status:?}");
    }

    #[test]
    fn it_reads_like_a_sentence() {
        assert_eq!(Status::not_found("no such room").to_string(), "NOT_FOUND: no such room");
        assert_eq!(Status::ok("").to_string(), "OK");
    }
}
