//! C-core's own functions, by the names that the C++ ABI gives them.

use std::ffi::{c_char, c_int, c_void};

use grpcio_sys::{
    gpr_timespec, grpc_call, grpc_call_error, grpc_compression_algorithm, grpc_op, grpc_slice,
    grpc_slice_buffer,
};

use super::Stream;

/// An `absl::Status`: null is OK. It is passed and returned by its address.
pub(super) type Status = *mut c_void;

/// The two words of an `absl::FunctionRef`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct OnError {
    object: *mut c_void,
    call: *mut c_void,
}

/// An `absl::optional<int>`, which is the standard library's.
#[repr(C)]
pub(super) struct OptionalInt {
    value: c_int,
    has_value: bool,
}

impl OptionalInt {
    pub(super) fn get(self) -> Option<c_int> {
        self.has_value.then_some(self.value)
    }
}

unsafe extern "C" {
    #[link_name = "__real__ZN9grpc_core19ChannelStackBuilderC2EPKc23grpc_channel_stack_typeRKNS_11ChannelArgsE"]
    pub(super) fn new_stack_builder(
        builder: *mut c_void,
        name: *const c_char,
        kind: c_int,
        arguments: *const c_void,
    );
    #[link_name = "__real__ZN9grpc_core19ChannelStackBuilder13PrependFilterEPK19grpc_channel_filter"]
    pub(super) fn prepend_filter(builder: *mut c_void, filter: *const c_void);
    #[link_name = "__real__ZN9grpc_core19ChannelStackBuilder12AppendFilterEPK19grpc_channel_filter"]
    pub(super) fn append_filter(builder: *mut c_void, filter: *const c_void);
    /// `ChannelArgs::GetInt`; the length and the start are those of the argument's name.
    #[link_name = "_ZNK9grpc_core11ChannelArgs6GetIntESt17basic_string_viewIcSt11char_traitsIcEE"]
    pub(super) fn argument(
        arguments: *const c_void,
        length: usize,
        start: *const u8,
    ) -> OptionalInt;

    #[link_name = "_Z50grpc_call_test_only_get_encodings_accepted_by_peerP9grpc_call"]
    pub(super) fn accepted_encodings(call: *mut grpc_call) -> u32;

    #[link_name = "__real__Z27grpc_chttp2_stream_map_findP22grpc_chttp2_stream_mapj"]
    pub(super) fn stream_map_find(map: *mut c_void, id: u32) -> Stream;
    #[link_name = "__real__Z33grpc_chttp2_parsing_accept_streamP21grpc_chttp2_transportj"]
    pub(super) fn accept_stream(transport: *mut c_void, id: u32) -> Stream;
    #[link_name = "__real__Z35grpc_chttp2_data_parser_begin_framehjP18grpc_chttp2_stream"]
    pub(super) fn begin_data_frame(
        status: *mut Status,
        flags: u8,
        id: u32,
        stream: Stream,
    ) -> *mut Status;
    #[link_name = "__real__Z29grpc_chttp2_data_parser_parsePvP21grpc_chttp2_transportP18grpc_chttp2_streamRK10grpc_slicei"]
    pub(super) fn parse_data(
        status: *mut Status,
        parser: *mut c_void,
        transport: *mut c_void,
        stream: Stream,
        slice: *const grpc_slice,
        last: c_int,
    ) -> *mut Status;
    #[link_name = "__real__Z30grpc_chttp2_mark_stream_closedP21grpc_chttp2_transportP18grpc_chttp2_streamiiN4absl12lts_202301256StatusE"]
    pub(super) fn mark_stream_closed(
        transport: *mut c_void,
        stream: Stream,
        reads: c_int,
        writes: c_int,
        error: *mut Status,
    );
    #[link_name = "__real__ZN9grpc_core19ContentTypeMetadata12ParseMementoENS_5SliceEN4absl12lts_2023012511FunctionRefIFvSt17basic_string_viewIcSt11char_traitsIcEERKS1_EEE"]
    pub(super) fn parse_content_type(value: *mut grpc_slice, on_error: OnError) -> u8;
    #[link_name = "__real__ZN9grpc_core33CompressionAlgorithmBasedMetadata12ParseMementoENS_5SliceEN4absl12lts_2023012511FunctionRefIFvSt17basic_string_viewIcSt11char_traitsIcEERKS1_EEE"]
    pub(super) fn parse_encoding(
        value: *mut grpc_slice,
        on_error: OnError,
    ) -> grpc_compression_algorithm;
    /// `CompressionAlgorithmSet::FromString`, which yields one bit for each algorithm; the length and
    /// the start are the text's.
    #[link_name = "__real__ZN9grpc_core23CompressionAlgorithmSet10FromStringESt17basic_string_viewIcSt11char_traitsIcEE"]
    pub(super) fn parse_accepted(length: usize, start: *const c_char) -> u8;

    #[link_name = "__real__Z32grpc_error_has_clear_grpc_statusN4absl12lts_202301256StatusE"]
    pub(super) fn has_clear_status(error: *mut Status) -> bool;

    #[link_name = "__real__ZN9grpc_core7Timeout12FromDurationENS_8DurationE"]
    pub(super) fn timeout_from_duration(millis: i64) -> u32;
    #[link_name = "__real__ZNK9grpc_core7Timeout11RatioVersusES0_"]
    pub(super) fn timeout_ratio(timeout: *const c_void, sent: u32) -> f64;
    /// The time that C-core's thread takes for now, and so many milliseconds, in those of its own clock.
    #[link_name = "_ZN9grpc_core19GrpcTimeoutMetadata14MementoToValueENS_8DurationE"]
    pub(super) fn now_and(millis: i64) -> i64;
    /// A time in milliseconds of that clock.
    #[link_name = "_ZN9grpc_core9Timestamp19FromTimespecRoundUpE12gpr_timespec"]
    pub(super) fn timestamp_round_up(time: gpr_timespec) -> i64;

    #[link_name = "__real__Z33grpc_call_start_batch_and_executeP9grpc_callPK7grpc_opmP12grpc_closure"]
    pub(super) fn start_batch_and_execute(
        call: *mut grpc_call,
        ops: *const grpc_op,
        count: usize,
        closure: *mut c_void,
    ) -> grpc_call_error;
    #[link_name = "__real__ZN9grpc_core22SubchannelStreamClientC1ENS_13RefCountedPtrINS_19ConnectedSubchannelEEEP16grpc_pollset_setSt10unique_ptrINS0_16CallEventHandlerESt14default_deleteIS7_EEPKc"]
    pub(super) fn new_stream_client(
        this: *mut c_void,
        subchannel: *mut c_void,
        pollsets: *mut c_void,
        handler: *mut c_void,
        tracer: *const c_char,
    );

    #[link_name = "__real__ZN9grpc_core13PidController6UpdateEdd"]
    pub(super) fn pid_update(controller: *mut c_void, error: f64, seconds: f64) -> f64;

    pub(super) fn __real_grpc_slice_buffer_add(buffer: *mut grpc_slice_buffer, slice: grpc_slice);
    pub(super) fn __real_grpc_slice_buffer_move_first(
        source: *mut grpc_slice_buffer,
        count: usize,
        into: *mut grpc_slice_buffer,
    );
    pub(super) fn __real_grpc_slice_buffer_move_first_into_buffer(
        source: *mut grpc_slice_buffer,
        count: usize,
        into: *mut c_void,
    );
    #[link_name = "__real__Z40grpc_slice_buffer_copy_first_into_bufferP17grpc_slice_buffermPv"]
    pub(super) fn copy_first(source: *mut grpc_slice_buffer, count: usize, into: *mut c_void);
}
