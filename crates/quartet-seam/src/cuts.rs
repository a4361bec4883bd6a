//! What C-core does for a call that need not be done, as its work is done elsewhere or is none. Each
//! costs the call some thousand instructions.
//!
//! Filters are left out of the stacks of those channels and servers that say so by a channel argument,
//! so that bare grpcio's in the same process keep theirs (`wire::stack`). All of this is for the bundled
//! core; an installed one works as it always does.

use std::env;
#[cfg(core_is_bundled)]
use std::ffi::CStr;
use std::sync::{LazyLock, Once};

/// The channel argument: the cuts to be made, as bits.
pub const ARGUMENT: &std::ffi::CStr = c"quartet.cuts";

/// What may be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The filter that compresses and decompresses messages.
    Compression = 1,
    /// The filter that reports a server's calls to a tracer, which grpcio has no way to set.
    Tracer = 2,
    /// The filter that checks the host's name in each call, and keeps who the caller is: neither
    /// without TLS.
    Auth = 4,
    /// The batch that waits for the end of a server's call, by itself.
    Close = 8,
    /// The text of a status that has none.
    Text = 16,
    /// A write to the socket for each answer.
    Writes = 32,
}

impl Cut {
    const ALL: [Cut; 6] =
        [Cut::Compression, Cut::Tracer, Cut::Auth, Cut::Close, Cut::Text, Cut::Writes];

    /// Its name in `QUARTET_KEEP`.
    fn name(self) -> &'static str {
        match self {
            Cut::Compression => "compression",
            Cut::Tracer => "tracer",
            Cut::Auth => "auth",
            Cut::Close => "close",
            Cut::Text => "text",
            Cut::Writes => "writes",
        }
    }

    /// Of the filter that C-core calls so.
    #[cfg(core_is_bundled)]
    pub(crate) fn of_filter(name: &CStr) -> Option<Cut> {
        match name.to_bytes() {
            b"compression" => Some(Cut::Compression),
            b"server_call_tracer" => Some(Cut::Tracer),
            b"server-auth" | b"client-auth-filter" => Some(Cut::Auth),
            _ => None,
        }
    }

    /// Whether it is made in this process.
    pub(crate) fn is_made(self) -> bool {
        made(&[self]) != 0
    }
}

/// What is not cut all the same: `QUARTET_KEEP=compression,auth`, or `all`.
const VARIABLE: &str = "QUARTET_KEEP";

static KEPT: LazyLock<i32> = LazyLock::new(|| {
    let kept = kept(&variable()).0;
    match cfg!(core_is_bundled) {
        true => kept,
        // Whether writes are within reach is seen when they are.
        false => kept | bits(&Cut::ALL) & !bits(&[Cut::Writes]),
    }
});

fn variable() -> String {
    env::var(VARIABLE).unwrap_or_default()
}

/// The cuts of a list, as bits, and the names in it that are none.
fn kept(list: &str) -> (i32, Vec<&str>) {
    let (mut kept, mut unknown) = (0, Vec::new());
    for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        match Cut::ALL.iter().find(|cut| cut.name() == name) {
            Some(cut) => kept |= bits(&[*cut]),
            None if name == "all" => kept = bits(&Cut::ALL),
            None => unknown.push(name),
        }
    }
    (kept, unknown)
}

fn bits(cuts: &[Cut]) -> i32 {
    cuts.iter().fold(0, |bits, cut| bits | *cut as i32)
}

/// Those of these cuts that this process makes: the value of the [`ARGUMENT`].
pub fn made(cuts: &[Cut]) -> i32 {
    bits(cuts) & !*KEPT
}

/// Warns once of names in the variable that are none.
pub(crate) fn check() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for name in kept(&variable()).1 {
            let known = Cut::ALL.map(Cut::name).join(", ");
            log::warn!("{VARIABLE}: nothing is called {name}; there are {known}, and all");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_is_a_list_of_names() {
        let all = bits(&Cut::ALL);
        for (list, expected, unknown) in [
            ("", 0, &[][..]),
            ("compression", 1, &[]),
            (" auth, tracer ,", 6, &[]),
            ("all", all, &[]),
            ("auth,retry", 4, &["retry"]),
        ] {
            assert_eq!(kept(list), (expected, unknown.to_vec()), "{list:?}");
        }
    }
}
