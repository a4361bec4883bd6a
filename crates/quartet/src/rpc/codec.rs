use std::io::BufRead;

use grpcio::{GrpcSlice, Marshaller, MessageReader, Method, pb_ser};
use protobuf::{CodedInputStream, CodedOutputStream, Message};

use quartet_seam::panics::{caught, drop_quietly};
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
fn decode_in<T: Message>(envelope: Envelope, mut reader: MessageReader) -> Decoded<T> {
    let compressed = match envelope {
        Envelope::None => false,
        Envelope::Inflated => true,
        found => return Err(Undecodable::Found(found)),
    };
    let bytes = reader.len() as u64;
    let mut message = None;
    match reader.fill_buf() {
        Ok(whole) if whole.len() as u64 == bytes => parse(whole, &mut message),
        _ => merge(&mut message, |message: &mut T| {
            message.merge_from(&mut CodedInputStream::from_buf_read(&mut reader))
        }),
    }?;
    match message {
        Some(message) => Ok(Received { message, bytes, compressed }),
        None => Err(Undecodable::Malformed(String::new())),
    }
}

/// Decodes a message whose bytes lie together, to where it is wanted: moved from hand to hand, a
/// small one costs as much again.
pub(super) fn parse<T: Message>(bytes: &[u8], into: &mut Option<T>) -> Result<(), Undecodable> {
    merge(into, |message| message.merge_from_bytes(bytes))
}

/// Has `read` fill a message, which must have every field that its proto file requires. Messages may be
/// of anybody's making, and grpcio decodes where nothing else is guarded.
fn merge<T: Message>(
    into: &mut Option<T>,
    read: impl FnOnce(&mut T) -> protobuf::Result<()>,
) -> Result<(), Undecodable> {
    let filled = caught(|| {
        let message = into.insert(T::new());
        read(message)?;
        message.check_initialized()
    });
    let why = match filled {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(panic) => panicked::<T>("decoded", &panic),
    };
    drop_quietly(into.take(), "what was decoded of a message");
    Err(Undecodable::Malformed(why))
}

fn encode<T: Message>(message: &T, bytes: &mut GrpcSlice) -> grpcio::Result<()> {
    let encoded = caught(|| pb_ser(message, bytes));
    encoded.unwrap_or_else(|panic| Err(unencodable(panicked::<T>("encoded", &panic))))
}

pub(super) fn unencodable(why: String) -> grpcio::Error {
    grpcio::Error::Codec(why.into())
}

/// The text of a panic is for the log, not for the peer.
fn panicked<T: Message>(when: &str, panic: &str) -> String {
    let what = format!("{} panicked while it was {when}", T::NAME);
    log::error!("{what}: {panic}");
    what
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

/// Adds an encoded message to the bytes, unless it has as many as `long`, or more. The error, which
/// is small as it is passed on with each message, says why it can't be encoded.
pub(super) fn append<T: Message>(
    message: &T,
    bytes: &mut Vec<u8>,
    long: u64,
) -> Result<bool, String> {
    let appended = caught(|| -> protobuf::Result<bool> {
        let size = message.compute_size();
        if size >= long {
            return Ok(false);
        }
        bytes.reserve(size as usize);
        let mut stream = CodedOutputStream::vec(bytes);
        message.write_to_with_cached_sizes(&mut stream)?;
        stream.flush()?;
        Ok(true)
    });
    match appended {
        Ok(Ok(is_added)) => Ok(is_added),
        Ok(Err(error)) => Err(error.to_string()),
        Err(panic) => Err(panicked::<T>("encoded", &panic)),
    }
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

#[cfg(test)]
mod tests {
    use protobuf::descriptor::uninterpreted_option::NamePart;

    use super::*;

    #[test]
    fn a_message_without_a_required_field_is_malformed() {
        let mut part = NamePart::new();
        part.set_name_part("x".into());
        part.set_is_extension(false);
        let whole = part.write_to_bytes().unwrap();
        let mut read = None;
        assert!(parse(&whole, &mut read).is_ok() && read == Some(part));
        for missing in [&whole[..0], &whole[..3]] {
            let mut read = None::<NamePart>;
            assert!(parse(missing, &mut read).is_err(), "{missing:?} is {read:?}");
            assert_eq!(read, None);
        }
    }
}
