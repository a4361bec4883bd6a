use grpcio::{Marshaller, MessageReader, Method, pb_de, pb_ser};
use protobuf::Message;

use super::Status;

/// A message as it was received, or why it can't be read. grpcio would answer a bad
/// message itself, and wrongly; so decoding never fails as far as grpcio can see.
pub(super) type Decoded<T> = Result<Received<T>, Undecodable>;

/// A message, and how long it was on the wire (after decompression).
pub(super) struct Received<T> {
    pub message: T,
    pub bytes: u64,
}

/// Why a message can't be read, for the log of this side and the eyes of the other.
#[derive(Debug)]
pub(super) struct Undecodable(String);

impl Undecodable {
    pub(super) fn status(self, what: &str) -> Status {
        Status::internal(format!("the {what} message can't be decoded: {}", self.0))
    }
}

fn decode<T: Message>(reader: MessageReader) -> grpcio::Result<Decoded<T>> {
    let bytes = reader.len() as u64;
    let message = pb_de(reader);
    Ok(message.map(|message| Received { message, bytes }).map_err(|error| match error {
        grpcio::Error::Codec(error) => Undecodable(error.to_string()),
        other => Undecodable(other.to_string()),
    }))
}

fn never<T>(_: &Decoded<T>, _: &mut grpcio::GrpcSlice) -> grpcio::Result<()> {
    Err(grpcio::Error::Codec("a received message is not sent".into()))
}

fn sent<T: Message>() -> Marshaller<T> {
    Marshaller { ser: pb_ser, de: pb_de }
}

fn received<T: Message>() -> Marshaller<Decoded<T>> {
    Marshaller { ser: never, de: decode }
}

/// The method as a server of ours uses it.
pub(super) fn server_side<Q: Message, R: Message>(method: &Method<Q, R>) -> Method<Decoded<Q>, R> {
    Method { ty: method.ty, name: method.name, req_mar: received(), resp_mar: sent() }
}

/// The method as a client of ours uses it.
pub(super) fn client_side<Q: Message, R: Message>(method: &Method<Q, R>) -> Method<Q, Decoded<R>> {
    Method { ty: method.ty, name: method.name, req_mar: sent(), resp_mar: received() }
}
