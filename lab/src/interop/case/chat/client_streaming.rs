//! `UploadStream`.

use std::time::Duration;

use super::{Case, Judgement, Report, UNICODE_USER, case, tricky};

pub const CASES: &[Case] = &[
    Case {
        name: "client-streaming/upload",
        about: "the article's three log entries, counted",
        #[rustfmt::skip]
        flags: &[
            "--call", "client-streaming",
            "--content", "Log entry 1", "--content", "Log entry 2", "--content", "Log entry 3",
        ],
        ..case(|report| counts(report, "Marko", 3))
    },
    Case {
        name: "client-streaming/unicode",
        about: "a name and texts of all kinds of characters",
        #[rustfmt::skip]
        flags: &[
            "--call", "client-streaming", "--user", UNICODE_USER,
            "--content", tricky!(), "--content", "",
        ],
        ..case(|report| counts(report, UNICODE_USER, 2))
    },
    Case {
        name: "client-streaming/nothing",
        about: "half-closed at once: an upload of nothing",
        flags: &["--call", "client-streaming", "--count", "0"],
        ..case(|report| counts(report, "", 0))
    },
    Case {
        name: "client-streaming/ten-thousand",
        about: "10,000 messages, counted",
        limit: Duration::from_secs(60),
        #[rustfmt::skip]
        flags: &[
            "--call", "client-streaming", "--content", "Log entry {n}", "--count", "10000",
        ],
        ..case(|report| counts(report, "Marko", 10_000))
    },
    Case {
        name: "client-streaming/cancel",
        about: "cancelled at once, with nothing sent",
        flags: &["--call", "client-streaming", "--cancel-after", "0"],
        ..case(|report| finishes_with(report, "CANCELLED"))
    },
    Case {
        name: "client-streaming/deadline",
        about: "a deadline that expires before the half-close: not a finished upload",
        #[rustfmt::skip]
        flags: &[
            "--call", "client-streaming", "--content", "Log entry 1", "--hold", "--deadline", "1000",
        ],
        ..case(|report| finishes_with(report, "DEADLINE_EXCEEDED"))
    },
];

fn counts(report: &Report, user: &str, messages: u32) -> Judgement {
    report.ends("OK")?;
    report.says([format!("Finished receiving stream from {user}. Got {messages} messages.")])
}

/// Only a half-close finishes an upload: without one, nothing is answered.
fn finishes_with(report: &Report, code: &str) -> Judgement {
    report.ends(code)?;
    report.says_nothing()
}

#[cfg(test)]
mod tests {
    use super::super::judge;
    use super::CASES;

    const THREE: &str = r#"{"event":"message","user":"Server","content":"Finished receiving stream from Marko. Got 3 messages."}
{"event":"status","code":"OK","message":""}"#;

    #[test]
    fn an_upload_is_counted() {
        assert_eq!(judge(CASES, "client-streaming/upload", THREE), Ok(()));
        assert!(judge(CASES, "client-streaming/upload", &THREE.replace('3', "2")).is_err());
        let nothing = THREE.replace("Marko", "").replace('3', "0");
        assert_eq!(judge(CASES, "client-streaming/nothing", &nothing), Ok(()));
    }

    #[test]
    fn an_upload_without_an_end_is_not_finished() {
        let late = r#"{"event":"status","code":"DEADLINE_EXCEEDED","message":""}"#;
        assert_eq!(judge(CASES, "client-streaming/deadline", late), Ok(()));
        let counted = THREE.replace("OK", "DEADLINE_EXCEEDED");
        assert_eq!(
            judge(CASES, "client-streaming/deadline", &counted),
            Err("expected 0 messages, got 1".into())
        );
    }
}
