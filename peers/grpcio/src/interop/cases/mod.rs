mod cancellation;
mod compression;
mod load;
mod negative;
mod soak;
mod status;
mod streaming;
mod unary;

use futures::FutureExt;
use futures::future::LocalBoxFuture;

use super::client::Context;
use super::failure::Checked;

/// Runs a case.
pub type Case = for<'a> fn(&'a Context<'a>) -> LocalBoxFuture<'a, Checked>;

macro_rules! cases {
    ($($module:ident: $($name:ident),+;)+) => {
        /// Every case by its official name.
        pub const CASES: &[(&str, Case)] = &[$($(
            (stringify!($name), |context| $module::$name(context).boxed_local()),
        )+)+];
    };
}

/// Cases that can't be written with grpcio, and why.
pub const UNSUPPORTED: &[(&str, &str)] = &[
    ("custom_metadata", "the trailers of a bidirectional call can't be read"),
    ("server_compressed_unary", "it can't be seen whether an answer is compressed"),
    ("server_compressed_streaming", "it can't be seen whether an answer is compressed"),
    ("orca_per_rpc", "C-core keeps the trailer endpoint-load-metrics-bin to itself"),
];

cases! {
    unary: empty_unary, large_unary, concurrent_large_unary;
    streaming: client_streaming, server_streaming, ping_pong, empty_stream;
    cancellation: cancel_after_begin, cancel_after_first_response, timeout_on_sleeping_server;
    status: status_code_and_message, special_status_message, unimplemented_method,
        unimplemented_service;
    compression: client_compressed_unary, client_compressed_streaming;
    load: orca_oob;
    soak: rpc_soak, channel_soak;
    negative: rst_after_header, rst_during_data, rst_after_data, goaway, ping, max_streams;
}
