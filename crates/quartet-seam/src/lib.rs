//! What grpcio does not hand out, taken at the boundary between grpcio and
//! C-core: whether a call was cancelled, whether an upload was half-closed, the
//! deadline, the peer, headers and trailers.
//!
//! Every call that grpcio makes into C-core goes through `grpcwrap_*` functions
//! with C linkage. The linker's `--wrap` sends some of them through functions of
//! this module first (`interpose`). State is tied to a batch for as long as
//! C-core works on it (`batch`), and is found by the functions that start a
//! batch through a thread-local that is set around the polling of a call
//! ([`ServerCall::within`], [`ClientCall::within`]).
//!
//! This is the only crate with `unsafe`. What it rests on: grpcio and grpcio-sys
//! 0.13.0, to the letter (pinned in Cargo.toml); public C symbols only; a linker
//! that knows `--wrap` and got it for each name in `quartet_codegen::WRAPPED`. A
//! binary that was linked without them does not link at all, see [`check`].
//!
//! It is made for quartet alone: what is public here follows quartet's needs, and may
//! change in any version. Use `quartet`.

mod batch;
pub mod bundle;
mod busy_poll;
mod client_call;
mod clock;
mod close;
mod coalesce;
#[cfg(feature = "_tls")]
mod credentials;
mod current;
pub mod cuts;
mod during;
mod encoding;
mod events;
mod identity;
mod inflate;
mod interpose;
#[cfg(feature = "_tls")]
mod keys;
mod late_status;
#[cfg(core_without_log_functions)]
mod log;
mod marks;
mod metadata;
mod outlook;
pub mod panics;
mod poll;
mod real;
mod refused;
mod second_reply;
mod server_call;
mod waiting;
#[cfg(core_is_bundled)]
mod wire;

pub use busy_poll::busy_poll;
pub use client_call::{ClientCall, Owed, uncancelled};
pub use clock::ticks;
pub use coalesce::coalesce_writes;
#[cfg(feature = "_tls")]
pub use credentials::takes as core_takes;
pub use current::{accepted, current, outside};
pub use encoding::{COMPRESSES, Encoding, sending};
pub use identity::NameKind;
pub use inflate::{Envelope, LIMIT_BYTES, open, take_up_to};
pub use interpose::check;
#[cfg(feature = "_tls")]
pub use keys::public_key;
pub use metadata::Pairs;
pub use outlook::before_the_end;
pub use poll::take_turn;
pub use refused::{Ending, inside_core};
pub use server_call::ServerCall;
pub use waiting::Leave;

use std::ffi::CStr;

/// The channel argument for the size of the table in which the peer may keep headers: 0, unless
/// the peer is trusted. The bundled core (1.56) keeps a header with a bad value in the
/// table together with its error, and then refuses every later call on the connection that
/// refers to it, of other callers behind a proxy too (CVE-2024-7246).
pub const NO_HEADER_TABLE: &CStr = c"grpc.http2.hpack_table_size.decoder";

/// Whether `grpc-timeout` says no more than what is left (`wire`). An installed core takes an
/// older time for now where its thread was held up, and sends a timeout that is up to 3 % longer if
/// the peer has that in its table of headers.
pub const TIMEOUTS_ARE_EXACT: bool = cfg!(core_is_bundled);

/// How many bytes the window of a stream grows to (`wire`). On an installed core it is 32 MiB.
pub const WINDOW_CEILING: u32 = 2 << 20;

/// The channel argument that makes C-core hand over compressed messages as they are, to be set
/// to 0 on both sides; the thread of each queue is to call [`take_up_to`].
pub const NO_INFLATE: &CStr = c"grpc.per_message_decompression";

/// The channel argument for how hard gzip and deflate try, to be set on both sides: left alone,
/// the bundled core takes its default of -1 for 0, and compresses nothing.
pub const COMPRESSION_LEVEL: (&CStr, i32) = (c"grpc.gzip_compression_level", 6);

/// Whether the core receives a message to its end before it refuses it for its length. Then
/// nothing is lost if it is left to the thread of a queue, and [`take_up_to`].
pub fn core_receives_long_messages() -> bool {
    let major = core_version().split('.').next().and_then(|major| major.parse().ok());
    major.is_some_and(|major: u32| major <= 33)
}

/// The version of the C-core that this process runs on, such as `33.0.0` (gRPC 1.56).
pub fn core_version() -> &'static str {
    // SAFETY: the function returns a string constant of the library.
    let text = unsafe { CStr::from_ptr(grpcio_sys::grpc_version_string()) };
    text.to_str().unwrap_or("unknown")
}
