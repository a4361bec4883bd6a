//! Headers whose values C-core does not know.

use std::ffi::{c_char, c_void};
use std::slice;
use std::sync::OnceLock;

use grpcio_sys::{grpc_compression_algorithm, grpc_slice};

use super::odd::{self, Odd};
use super::real::{self, OnError};
use super::{FOUND, Found, Stream};
use crate::encoding::ACCEPTED;
use crate::marks;

#[unsafe(export_name = "__wrap__Z27grpc_chttp2_stream_map_findP22grpc_chttp2_stream_mapj")]
unsafe extern "C" fn stream_map_find(map: *mut c_void, id: u32) -> Stream {
    // SAFETY: as C-core called it.
    let stream = unsafe { real::stream_map_find(map, id) };
    // A CONTINUATION of what was accepted just before is a part of a request, too.
    let before = FOUND.get();
    let accepted = before.accepted && before.stream == stream;
    FOUND.set(Found { stream, connection: map, id, accepted });
    stream
}

#[unsafe(export_name = "__wrap__Z33grpc_chttp2_parsing_accept_streamP21grpc_chttp2_transportj")]
unsafe extern "C" fn accept_stream(transport: *mut c_void, id: u32) -> Stream {
    // SAFETY: as C-core called it.
    let stream = unsafe { real::accept_stream(transport, id) };
    odd::forget(stream);
    FOUND.set(Found { stream, connection: transport, id, accepted: true });
    stream
}

/// Of `ContentTypeMetadata::ValueType`.
const INVALID: u8 = 2;

/// A response of another content-type is what a proxy answers, with an HTTP status that says
/// why (<https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md>). C-core's
/// client maps that status, but its parser ends the stream before, with UNKNOWN.
#[unsafe(export_name = "__wrap__ZN9grpc_core19ContentTypeMetadata12ParseMementoENS_5SliceEN4absl12lts_2023012511FunctionRefIFvSt17basic_string_viewIcSt11char_traitsIcEERKS1_EEE")]
unsafe extern "C" fn parse_content_type(value: *mut grpc_slice, on_error: OnError) -> u8 {
    let found = FOUND.get();
    // SAFETY: as C-core called it: the value is alive meanwhile.
    unsafe {
        let response = !found.accepted && !found.stream.is_null();
        if response && !is_grpc(marks::bytes(&*value)) {
            odd::note(found, Odd::ContentType);
            return INVALID;
        }
        if response {
            odd::forget(found.stream);
        }
        real::parse_content_type(value, on_error)
    }
}

/// What C-core takes.
fn is_grpc(content_type: &[u8]) -> bool {
    match content_type.strip_prefix(b"application/grpc") {
        Some(rest) => matches!(rest.first(), None | Some(b';' | b'+')),
        None => content_type.is_empty(),
    }
}

/// An encoding that this side does not know is no fault of the call's, but of each message that has
/// it (<https://github.com/grpc/grpc/blob/master/doc/compression.md>). C-core's parser ends the
/// stream, more than once.
#[unsafe(export_name = "__wrap__ZN9grpc_core33CompressionAlgorithmBasedMetadata12ParseMementoENS_5SliceEN4absl12lts_2023012511FunctionRefIFvSt17basic_string_viewIcSt11char_traitsIcEERKS1_EEE")]
unsafe extern "C" fn parse_encoding(
    value: *mut grpc_slice,
    on_error: OnError,
) -> grpc_compression_algorithm {
    let found = FOUND.get();
    // SAFETY: as C-core called it: the value is alive meanwhile.
    unsafe {
        let known = matches!(marks::bytes(&*value), b"identity" | b"deflate" | b"gzip");
        if !known && !found.stream.is_null() {
            odd::note(found, if found.accepted { Odd::Request } else { Odd::Response });
            return grpc_compression_algorithm::GRPC_COMPRESS_NONE;
        }
        real::parse_encoding(value, on_error)
    }
}

/// What every C-core accepts comes with every call of one, and is parsed once.
#[unsafe(export_name = "__wrap__ZN9grpc_core23CompressionAlgorithmSet10FromStringESt17basic_string_viewIcSt11char_traitsIcEE")]
unsafe extern "C" fn parse_accepted(length: usize, start: *const c_char) -> u8 {
    static OF_CORE: OnceLock<u8> = OnceLock::new();
    // SAFETY: as C-core called it: there are so many bytes.
    unsafe {
        let parse = || real::parse_accepted(length, start);
        let is_cores = length == ACCEPTED.len()
            && slice::from_raw_parts(start.cast::<u8>(), length) == ACCEPTED.as_bytes();
        if is_cores { *OF_CORE.get_or_init(parse) } else { parse() }
    }
}
