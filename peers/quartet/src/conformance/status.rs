//! Statuses, and the suite's errors. Details travel in a `google.rpc.Status`.

use protobuf::well_known_types::any::Any;
use protobuf::{EnumOrUnknown, Message};
use quartet::rpc::{Code, Status};

use crate::proto::connectrpc::conformance::v1::Error;
use crate::proto::google::rpc;

/// The status that the suite asks for, with one more detail.
pub fn from_error(error: Error, detail: Option<Any>) -> Status {
    let Error { code, message, mut details, .. } = error;
    let (code, message) = (code.value(), message.unwrap_or_default());
    details.extend(detail);
    let status = rpc::Status { code, message, details, ..rpc::Status::default() };
    match status.write_to_bytes() {
        Ok(bytes) => Status::new(Code::from(code), status.message).with_details(bytes),
        Err(error) => Status::internal(format!("details that can't be encoded: {error}")),
    }
}

/// What a call has ended with. Details that can't be read are none.
pub fn to_error(status: &Status) -> Error {
    let details = rpc::Status::parse_from_bytes(status.details()).unwrap_or_default().details;
    let code = EnumOrUnknown::from_i32(status.code() as i32);
    let message = Some(status.message().to_owned());
    Error { code, message, details, ..Error::default() }
}
