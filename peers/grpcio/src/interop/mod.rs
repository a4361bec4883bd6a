//! gRPC's interoperability tests, after
//! <https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md>.

mod cases;
mod client;
mod failure;
mod load_report;
mod server;
mod service;

pub use client::run;
pub use server::serve;

use crate::proto::messages::{Payload, PayloadType};

/// A body of so many zeros.
fn payload(size: usize) -> protobuf::MessageField<Payload> {
    let type_ = PayloadType::COMPRESSABLE.into();
    protobuf::MessageField::some(Payload { type_, body: vec![0; size], ..Payload::default() })
}
