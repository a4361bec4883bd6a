//! How many messages a bundle may have.

use std::env;
use std::ffi::CStr;
use std::slice;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{LazyLock, Once};

use grpcio_sys::{grpc_arg_type, grpc_channel_args};

use super::packed;

/// More than so many cost no less for each: few enough for a turn on a queue's thread.
const MOST: usize = 256;
/// A received bundle has at most so many bytes behind its first message.
#[cfg(core_is_bundled)]
const BYTES: usize = 64 << 10;

/// What this process puts together at most, sending and receiving; `QUARTET_BUNDLES=1` turns it off.
static WANTED: LazyLock<usize> = LazyLock::new(|| {
    let wanted = env::var(VARIABLE).ok().and_then(|text| number(&text));
    if cfg!(core_is_bundled) { wanted.unwrap_or(MOST) } else { 1 }
});

const VARIABLE: &str = "QUARTET_BUNDLES";

fn number(text: &str) -> Option<usize> {
    text.parse().ok().filter(|number| (1..=MOST).contains(number))
}

/// Warns once, if the variable is no such number. Not where it is read, as a program may ask for the
/// number before it has a log.
pub(crate) fn check() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| match env::var(VARIABLE) {
        Ok(text) if number(&text).is_none() => {
            log::warn!("{VARIABLE}={text} is no number from 1 to {MOST}, and has no effect");
        }
        _ => {}
    });
}

/// How many messages this process puts together at most; 1 where it puts none together.
pub fn largest() -> usize {
    *WANTED
}

/// How many messages of a stream may be sent as one bundle now: one before it was seen that bundles
/// work, and none where they are not to be, on an installed core for one.
pub fn most() -> usize {
    match *WANTED {
        1 => 0,
        _ if !packed::works() => 1,
        wanted => wanted,
    }
}

/// How many bytes a received bundle has at most behind the first message, of this length.
#[cfg(core_is_bundled)]
pub(super) fn received_behind(first: usize) -> usize {
    BYTES.min(SMALLEST.load(Relaxed).saturating_sub(super::PREFIX + first))
}

/// The least that a channel or a server of this process accepts as a message, as C-core takes a
/// bundle for one.
static SMALLEST: AtomicUsize = AtomicUsize::new(usize::MAX);

/// To be called before C-core makes a call of its own that reads messages: from then on this process
/// receives them one by one.
#[cfg(core_is_bundled)]
pub(crate) fn receive_singly() {
    if SMALLEST.swap(0, Relaxed) != 0 {
        let log = || log::debug!("C-core makes calls of its own: messages are received one by one");
        // C-core can't unwind.
        let _ = crate::panics::caught(log);
    }
}

const MAX_RECEIVE: &CStr = c"grpc.max_receive_message_length";
/// May have limits for methods.
const SERVICE_CONFIG: &CStr = c"grpc.service_config";

/// To be called when a channel or a server is created with these arguments.
///
/// # Safety
/// As C-core's function takes them.
pub(crate) unsafe fn created(arguments: *const grpc_channel_args) {
    // SAFETY: by the contract above there are so many, with names, and values of their types.
    unsafe {
        let Some(arguments) = arguments.as_ref() else { return };
        if arguments.num_args == 0 {
            return;
        }
        for argument in slice::from_raw_parts(arguments.args, arguments.num_args) {
            let name = CStr::from_ptr(argument.key);
            let limit = match argument.type_ {
                grpc_arg_type::GRPC_ARG_INTEGER if name == MAX_RECEIVE => {
                    usize::try_from(argument.value.integer).ok()
                }
                grpc_arg_type::GRPC_ARG_STRING if name == SERVICE_CONFIG => {
                    let config = CStr::from_ptr(argument.value.string).to_bytes();
                    config.windows(LIMITS.len()).any(|part| part == LIMITS).then_some(0)
                }
                _ => None,
            };
            if let Some(limit) = limit {
                SMALLEST.fetch_min(limit, Relaxed);
            }
        }
    }
}

/// The end of `maxRequestMessageBytes` and `maxResponseMessageBytes`.
const LIMITS: &[u8] = b"MessageBytes";
