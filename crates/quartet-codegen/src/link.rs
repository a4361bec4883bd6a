use std::env;
use std::fs;
use std::path::Path;

/// The functions that quartet puts its own code in front of: of grpcio-sys, and of libc for
/// what C-core writes.
///
/// A call of `SYMBOL` in what is linked, grpcio above all, reaches quartet's `__wrap_SYMBOL`, which
/// reaches the original as `__real_SYMBOL`: that is what `--wrap` of the linker does.
pub const WRAPPED: &[&str] = &[
    "grpcwrap_call_start_serverside",
    "grpcwrap_batch_context_recv_status_on_client_status",
    "grpcwrap_batch_context_destroy",
    "grpcwrap_call_recv_message",
    "grpcwrap_batch_context_take_recv_message",
    "grpcwrap_call_send_message",
    "grpcwrap_call_send_status_from_server",
    "grpcwrap_request_call_context_deadline",
    "grpcwrap_call_start_unary",
    "grpcwrap_call_start_client_streaming",
    "grpcwrap_call_start_server_streaming",
    "grpcwrap_call_start_duplex_streaming",
    "grpcwrap_call_recv_initial_metadata",
    "grpc_call_start_batch",
    "grpc_completion_queue_next",
    "grpc_completion_queue_shutdown",
    "grpc_completion_queue_destroy",
    "grpc_call_cancel",
    "grpc_call_unref",
    "grpc_channel_create",
    "grpc_server_create",
    "gpr_cv_wait",
    "sendmsg",
    "shutdown",
    "epoll_ctl",
    "epoll_wait",
];

/// The same within C-core's own HTTP/2 transport, by the names that the C++ ABI gives its functions.
/// Linked where C-core is compiled from source; the calls within an installed one are out of reach.
pub const WRAPPED_IN_CORE: &[&str] = &[
    "grpc_slice_buffer_add",
    "_Z40grpc_slice_buffer_copy_first_into_bufferP17grpc_slice_buffermPv",
    "grpc_slice_buffer_move_first",
    "grpc_slice_buffer_move_first_into_buffer",
    "_ZN9grpc_core13PidController6UpdateEdd",
    "_Z33grpc_call_start_batch_and_executeP9grpc_callPK7grpc_opmP12grpc_closure",
    "_ZN9grpc_core22SubchannelStreamClientC1ENS_13RefCountedPtrINS_19ConnectedSubchannelEEEP16grpc_pollset_setSt10unique_ptrINS0_16CallEventHandlerESt14default_deleteIS7_EEPKc",
    "_ZN9grpc_core7Timeout12FromDurationENS_8DurationE",
    "_ZNK9grpc_core7Timeout11RatioVersusES0_",
    "_Z32grpc_error_has_clear_grpc_statusN4absl12lts_202301256StatusE",
    "_Z27grpc_chttp2_stream_map_findP22grpc_chttp2_stream_mapj",
    "_Z33grpc_chttp2_parsing_accept_streamP21grpc_chttp2_transportj",
    "_Z35grpc_chttp2_data_parser_begin_framehjP18grpc_chttp2_stream",
    "_Z29grpc_chttp2_data_parser_parsePvP21grpc_chttp2_transportP18grpc_chttp2_streamRK10grpc_slicei",
    "_Z30grpc_chttp2_mark_stream_closedP21grpc_chttp2_transportP18grpc_chttp2_streamiiN4absl12lts_202301256StatusE",
    "_ZN9grpc_core19ChannelStackBuilderC2EPKc23grpc_channel_stack_typeRKNS_11ChannelArgsE",
    "_ZN9grpc_core19ChannelStackBuilder13PrependFilterEPK19grpc_channel_filter",
    "_ZN9grpc_core19ChannelStackBuilder12AppendFilterEPK19grpc_channel_filter",
    "_ZN9grpc_core19ContentTypeMetadata12ParseMementoENS_5SliceEN4absl12lts_2023012511FunctionRefIFvSt17basic_string_viewIcSt11char_traitsIcEERKS1_EEE",
    "_ZN9grpc_core23CompressionAlgorithmSet10FromStringESt17basic_string_viewIcSt11char_traitsIcEE",
    "_ZN9grpc_core33CompressionAlgorithmBasedMetadata12ParseMementoENS_5SliceEN4absl12lts_2023012511FunctionRefIFvSt17basic_string_viewIcSt11char_traitsIcEERKS1_EEE",
];

/// For binaries without quartet in them that call the wrapped functions of libc all the same, as
/// the standard library does: straight to the originals. Where quartet is, nothing of it is linked.
const STRAIGHT_THROUGH: &str = r"
#include <sys/epoll.h>
#include <sys/socket.h>

ssize_t __real_sendmsg(int, const struct msghdr *, int);
int __real_shutdown(int, int);
int __real_epoll_ctl(int, int, int, struct epoll_event *);
int __real_epoll_wait(int, struct epoll_event *, int, int);

ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags) {
  return __real_sendmsg(fd, message, flags);
}
int __wrap_shutdown(int fd, int how) { return __real_shutdown(fd, how); }
int __wrap_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event) {
  return __real_epoll_ctl(epoll, operation, fd, event);
}
int __wrap_epoll_wait(int epoll, struct epoll_event *events, int most, int timeout) {
  return __real_epoll_wait(epoll, events, most, timeout);
}
";

/// The symbol whose absence stops the link of a crate that forgot [`link_seam`].
const LINKED: &str = "quartet_is_not_linked_call_quartet_codegen_link_seam_in_build_rs";

/// Prints the linker arguments that a crate which depends on quartet needs.
///
/// Cargo hands link arguments only to the package whose build script prints
/// them, so quartet can't do it for its users: each crate that makes a binary,
/// a test or a dynamic library with quartet in it must.
/// [`Builder::compile`](crate::Builder::compile) does; a crate without protos of
/// its own calls this function in its `build.rs`:
///
/// ```no_run
/// # fn build() {
/// quartet_codegen::link_seam();
/// # }
/// ```
///
/// Without it linking fails with the undefined symbol
/// `quartet_is_not_linked_call_quartet_codegen_link_seam_in_build_rs`.
pub fn link_seam() {
    for symbol in WRAPPED.iter().chain(WRAPPED_IN_CORE) {
        println!("cargo:rustc-link-arg=-Wl,--wrap={symbol}");
    }
    println!("cargo:rustc-link-arg=-Wl,--defsym={LINKED}=0");
    // Not there in a test of this crate.
    if let Some(out) = env::var_os("OUT_DIR") {
        straight_through(out.as_ref())
            .unwrap_or_else(|error| println!("cargo::error=quartet's seam: {error}"));
    }
}

fn straight_through(out: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let (name, source) = ("quartet_straight_through", out.join("straight_through.c"));
    fs::write(&source, STRAIGHT_THROUGH)?;
    cc::Build::new().file(source).cargo_metadata(false).try_compile(name)?;
    println!("cargo:rustc-link-arg={}", out.join(format!("lib{name}.a")).display());
    Ok(())
}
