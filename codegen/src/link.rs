/// The functions of grpcio-sys, and of libc for it, that quartet puts its own code in front of.
///
/// A call of `SYMBOL` in what is linked, grpcio above all, reaches quartet's `__wrap_SYMBOL`, which reaches
/// the original as `__real_SYMBOL`: that is what `--wrap` of the linker does.
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
    "grpc_call_start_batch",
    "grpc_completion_queue_next",
    "grpc_call_unref",
    "sendmsg",
    "shutdown",
    "epoll_ctl",
    "epoll_wait",
    "gpr_cv_wait",
];

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
/// `quartet_is_not_linked_call_quartet_codegen_link_seam_in_build_rs`. And a binary of
/// such a crate that does not use quartet, but does use a wrapped function of libc (as
/// `TcpStream::shutdown` does), does not find `__wrap_shutdown`: give it `use quartet as _`.
pub fn link_seam() {
    for symbol in WRAPPED {
        println!("cargo:rustc-link-arg=-Wl,--wrap={symbol}");
    }
    println!("cargo:rustc-link-arg=-Wl,--defsym={LINKED}=0");
}
