use grpcio::{GrpcSlice, Marshaller, MessageReader, Method, pb_de, pb_ser};
use protobuf::{CodedOutputStream, Message};

use quartet_seam::panics::caught;
use quartet_seam::{self as seam, Envelope};

use super::Status;
use super::bundles::{Bundle, Incoming, Outgoing};
use super::watch::Tally;

/// A message as it was received, or why it can't be read. grpcio would answer a bad
/// message itself, and wrongly; so decoding never fails as far as grpcio can see.
pub(super) type Decoded<T> = Result<Received<T>, Undecodable>;

/// A message, and how it came.
pub(super) struct Received<T> {
    pub message: T,
    /// Its encoded size; after decompression, if it was compressed.
    pub bytes: u64,
    pub compressed: bool,
}

impl<T> Received<T> {
    /// What did not come as a message.
    pub(super) fn local(message: T) -> Self {
        Received { message, bytes: 0, compressed: false }
    }
}

/// Why a message can't be read.
pub(super) enum Undecodable {
    Malformed(String),
    /// What the seam found.
    Found(Envelope),
}

impl Undecodable {
    pub(super) fn status(self, what: &str) -> Status {
        match self {
            Self::Malformed(why) => {
                Status::internal(format!("the {what} message can't be decoded: {why}"))
            }
            Self::Found(envelope) => found(envelope, what),
        }
    }
}

fn found(envelope: Envelope, what: &str) -> Status {
    let internal = |why| Status::internal(format!("the {what} message {why}"));
    match envelope {
        Envelope::TooLong => Status::resource_exhausted(format!(
            "the {what} message is longer than this side accepts"
        )),
        // To a server's caller this says that the server lacks something; in a client, the server
        // has sent what was not asked for. (gRPC's compression.md)
        Envelope::UnknownEncoding if what == REQUEST => Status::unimplemented(
            "the request's grpc-encoding is not supported; grpc-accept-encoding lists what is",
        ),
        Envelope::UnknownEncoding => internal("has a grpc-encoding that is not supported"),
        Envelope::NoEncoding => internal("is compressed, but its stream has no grpc-encoding"),
        Envelope::UnknownFlag => internal("has a compressed flag that is neither 0 nor 1"),
        Envelope::Cut => internal("is cut off: its stream ended within it"),
        Envelope::Refused => internal("came in a frame that C-core rejects, such as padded DATA"),
        Envelope::NotGrpc => {
            Status::unknown("the server's answer is not gRPC: see its content-type")
        }
        Envelope::Corrupt | Envelope::None | Envelope::Inflated | Envelope::Bundle => {
            internal("can't be decompressed")
        }
    }
}

/// What messages are called on a server.
pub(super) const REQUEST: &str = "request";

/// A message that was received, counted; or the status that says why it can't be read.
pub(super) fn opened<T>(
    received: Decoded<T>,
    tally: Option<&Tally>,
    what: &str,
) -> Result<Received<T>, Status> {
    let received = received.map_err(|error| error.status(what))?;
    if let Some(tally) = tally {
        tally.received(received.bytes);
    }
    Ok(received)
}

fn decode<T: Message>(mut reader: MessageReader) -> grpcio::Result<Decoded<T>> {
    let envelope = seam::open(&mut reader);
    Ok(decode_in(envelope, reader))
}

fn decode_stream<T: Message>(mut reader: MessageReader) -> grpcio::Result<Incoming<T>> {
    Ok(match seam::open(&mut reader) {
        Envelope::Bundle => Incoming::Bundle(Bundle::new(reader)),
        envelope => Incoming::One(decode_in(envelope, reader)),
    })
}

/// Decodes a message whose envelope is off.
fn decode_in<T: Message>(envelope: Envelope, reader: MessageReader) -> Decoded<T> {
    let compressed = match envelope {
        Envelope::None => false,
        Envelope::Inflated => true,
        found => return Err(Undecodable::Found(found)),
    };
    let bytes = reader.len() as u64;
    parsed(|| pb_de(reader)).map(|message| Received { message, bytes, compressed })
}

/// Decodes a message that came uncompressed.
pub(super) fn parse<T: Message>(bytes: &[u8]) -> Decoded<T> {
    let message = parsed(|| T::parse_from_bytes(bytes).map_err(Into::into))?;
    Ok(Received { message, bytes: bytes.len() as u64, compressed: false })
}

/// What a parser yields. Messages may be of anybody's making, and grpcio decodes where nothing else
/// is guarded.
fn parsed<T: Message>(parse: impl FnOnce() -> grpcio::Result<T>) -> Result<T, Undecodable> {
    match caught(parse).unwrap_or_else(|panic| Err(panicked::<T>("decoded", &panic))) {
        Ok(message) => Ok(message),
        Err(grpcio::Error::Codec(error)) => Err(Undecodable::Malformed(error.to_string())),
        Err(other) => Err(Undecodable::Malformed(other.to_string())),
    }
}

fn encode<T: Message>(message: &T, bytes: &mut GrpcSlice) -> grpcio::Result<()> {
    let encoded = caught(|| pb_ser(message, bytes));
    encoded.unwrap_or_else(|panic| Err(panicked::<T>("encoded", &panic)))
}

/// The text of a panic is for the log, not for the peer.
fn panicked<T: Message>(when: &str, panic: &str) -> grpcio::Error {
    let what = format!("{} panicked while it was {when}", T::NAME);
    log::error!("{what}: {panic}");
    grpcio::Error::Codec(what.into())
}

fn encode_stream<T: Message>(messages: &Outgoing<T>, bytes: &mut GrpcSlice) -> grpcio::Result<()> {
    match messages {
        Outgoing::One(message) => encode(message, bytes),
        Outgoing::Bundle(bundle) => {
            bundle.take().pack(bytes);
            Ok(())
        }
    }
}

/// How long a message is, encoded.
pub(super) fn size<T: Message>(message: &T) -> grpcio::Result<u64> {
    caught(|| message.compute_size()).map_err(|panic| panicked::<T>("encoded", &panic))
}

/// Adds a message whose [`size`] was asked for.
pub(super) fn append<T: Message>(message: &T, bytes: &mut Vec<u8>) -> grpcio::Result<()> {
    let appended = caught(|| {
        let mut stream = CodedOutputStream::vec(bytes);
        message.write_to_with_cached_sizes(&mut stream)?;
        Ok(stream.flush()?)
    });
    appended.unwrap_or_else(|panic| Err(panicked::<T>("encoded", &panic)))
}

fn never<T>(_: &T, _: &mut GrpcSlice) -> grpcio::Result<()> {
    Err(grpcio::Error::Codec("a received message is not sent".into()))
}

fn never_read<T>(_: MessageReader) -> grpcio::Result<T> {
    Err(grpcio::Error::Codec("a sent message is not received".into()))
}

/// What one side of a call carries, as grpcio sees it: a message, or a stream of them.
pub(super) trait Carried<T>: Sized {
    const MARSHALLER: Marshaller<Self>;
}

impl<T: Message> Carried<T> for T {
    const MARSHALLER: Marshaller<T> = Marshaller { ser: encode, de: never_read };
}

impl<T: Message> Carried<T> for Outgoing<T> {
    const MARSHALLER: Marshaller<Self> = Marshaller { ser: encode_stream, de: never_read };
}

impl<T: Message> Carried<T> for Decoded<T> {
    const MARSHALLER: Marshaller<Self> = Marshaller { ser: never, de: decode };
}

impl<T: Message> Carried<T> for Incoming<T> {
    const MARSHALLER: Marshaller<Self> = Marshaller { ser: never, de: decode_stream };
}

/// The method as one side of ours uses it.
pub(super) fn carrying<Q, R, S: Carried<Q>, T: Carried<R>>(method: &Method<Q, R>) -> Method<S, T> {
    Method { ty: method.ty, name: method.name, req_mar: S::MARSHALLER, resp_mar: T::MARSHALLER }
}
