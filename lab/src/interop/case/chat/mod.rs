//! Suite `chat`: the article's service. The client reports what it saw, and the lab judges.
//!
//! Each file has the cases of one call style. A new case goes into one of them, and nowhere else.

mod bidi;
mod client_streaming;
pub mod report;
mod server_streaming;
mod unary;

use super::{Case, Judgement, Pace, Proof};
use report::Report;

pub const CASES: &[&[Case]] =
    &[unary::CASES, server_streaming::CASES, client_streaming::CASES, bidi::CASES];

pub const NONSENSE: Case = Case {
    name: "no-such-call",
    about: "a call that doesn't exist",
    flags: &["--call", "no-such-call"],
    ..case(|_| Err("reported a call that doesn't exist".into()))
};

/// A text that goes wrong wherever somebody takes bytes for characters or forgets to escape.
macro_rules! tricky {
    () => {
        "Żółć, 世界 👩🏽‍🚀 עברית e\u{301} \u{202e}\"\\\n\t\u{1f}\u{7f}\u{feff}\u{10ffff}"
    };
}
use tricky;

/// The user name of the unicode cases.
const UNICODE_USER: &str = "Märkö 🦀";

/// 4 MiB, which is every library's default limit for a message that it receives.
const LIMIT: u32 = 4 << 20;

/// What a message of Marko takes besides a content of some MiB: two tags, his name with its
/// length, four bytes of the content's length.
const MARKO: u32 = 1 + 1 + 5 + 1 + 4;

/// What an echo takes besides the content that is echoed.
const ECHO: u32 = 1 + 1 + "Server".len() as u32 + 1 + 4 + "Echo: ".len() as u32;

const fn case(judge: fn(&Report) -> Judgement) -> Case {
    Case { proof: Proof::Report(judge), ..Case::DEFAULT }
}

#[cfg(test)]
fn judge(cases: &[Case], name: &str, report: &str) -> Judgement {
    let case = cases.iter().find(|case| case.name == name).unwrap();
    let Proof::Report(judge) = &case.proof else { panic!("{name} is judged by its exit code") };
    judge(&Report::read(report.lines()).unwrap())
}
