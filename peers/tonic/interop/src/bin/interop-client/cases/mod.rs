//! The cases, and the requests that they have in common.

pub mod metadata;
pub mod negative;
pub mod streaming;
pub mod unary;

use tonic_interop_peer::payload;
use tonic_interop_peer::testing::{ResponseParameters, SimpleRequest, StreamingOutputCallRequest};

pub const LARGE_REQUEST: usize = 271_828;
pub const LARGE_RESPONSE: usize = 314_159;

pub fn large_request() -> SimpleRequest {
    SimpleRequest {
        response_size: LARGE_RESPONSE as i32,
        payload: payload(LARGE_REQUEST),
        ..Default::default()
    }
}

pub fn output_request(size: usize, response_sizes: &[usize]) -> StreamingOutputCallRequest {
    let parameters = |&size: &usize| ResponseParameters { size: size as i32, ..Default::default() };
    StreamingOutputCallRequest {
        response_parameters: response_sizes.iter().map(parameters).collect(),
        payload: payload(size),
        ..Default::default()
    }
}
