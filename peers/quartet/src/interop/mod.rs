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

use crate::proto::grpc::testing::{Payload, PayloadType};

/// A body of so many zeros.
fn payload(size: usize) -> protobuf::MessageField<Payload> {
    let type_ = PayloadType::COMPRESSABLE.into();
    protobuf::MessageField::some(Payload {
        type_,
        body: vec![0; size].into(),
        ..Payload::default()
    })
}

/// Metadata that the test server sends back: the first key in its headers, the second in its
/// trailers.
const ECHO_INITIAL: &str = "x-grpc-test-echo-initial";
const ECHO_TRAILING: &str = "x-grpc-test-echo-trailing-bin";

/// The trailer with the load report of a call (gRFC A51).
const LOAD_METRICS: &str = "endpoint-load-metrics-bin";
