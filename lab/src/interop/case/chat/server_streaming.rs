//! `BroadcastMessages`.

use super::{Case, Judgement, Pace, Report, UNICODE_USER, case, tricky};

const BROADCAST: [&str; 4] = [
    "Welcome to the broadcast!",
    "Here is message #1.",
    "And here is message #2.",
    "Broadcast finished.",
];

pub const CASES: &[Case] = &[
    Case {
        name: "server-streaming/broadcast",
        about: "the article's four messages, word for word",
        flags: &["--call", "server-streaming", "--content", ""],
        ..case(broadcasts)
    },
    Case {
        name: "server-streaming/unicode",
        about: "a request of all kinds of characters, which has no meaning",
        flags: &["--call", "server-streaming", "--user", UNICODE_USER, "--content", tricky!()],
        ..case(broadcasts)
    },
    Case {
        name: "server-streaming/cancel",
        about: "the client cancels after the first message",
        flags: &["--call", "server-streaming", "--content", "", "--cancel-after", "1"],
        pace: Pace::Stalled,
        ..case(|report| first_then(report, "CANCELLED"))
    },
    Case {
        name: "server-streaming/deadline",
        about: "a deadline that expires after the first message",
        flags: &["--call", "server-streaming", "--content", "", "--deadline", "1000"],
        pace: Pace::Stalled,
        // A busy machine may have used up the time before the first message comes.
        ..case(|report| {
            report.ends("DEADLINE_EXCEEDED")?;
            report.begins(&BROADCAST[..1]).map(drop)
        })
    },
    Case {
        name: "server-streaming/server-dies",
        about: "the server is killed after the first message",
        flags: &["--call", "server-streaming", "--content", ""],
        pace: Pace::Stalled,
        kills_server: true,
        ..case(|report| first_then(report, "UNAVAILABLE"))
    },
];

fn broadcasts(report: &Report) -> Judgement {
    report.ends("OK")?;
    report.says(BROADCAST)
}

fn first_then(report: &Report, code: &str) -> Judgement {
    report.ends(code)?;
    report.says(&BROADCAST[..1])
}

#[cfg(test)]
mod tests {
    use super::super::judge;
    use super::{BROADCAST, CASES};

    fn broadcast(messages: usize, code: &str) -> String {
        let messages = BROADCAST[..messages].iter().map(|content| {
            format!(r#"{{"event":"message","user":"Server","content":"{content}"}}"#) + "\n"
        });
        messages.collect::<String>()
            + &format!(r#"{{"event":"status","code":"{code}","message":""}}"#)
    }

    #[test]
    fn a_broadcast_is_four_messages_and_ok() {
        assert_eq!(judge(CASES, "server-streaming/broadcast", &broadcast(4, "OK")), Ok(()));
        for (messages, code) in [(3, "OK"), (4, "CANCELLED")] {
            let report = broadcast(messages, code);
            assert!(judge(CASES, "server-streaming/broadcast", &report).is_err(), "{report}");
        }
    }

    #[test]
    fn what_ends_early_has_the_code_of_its_end() {
        for (case, code) in [
            ("server-streaming/cancel", "CANCELLED"),
            ("server-streaming/deadline", "DEADLINE_EXCEEDED"),
            ("server-streaming/server-dies", "UNAVAILABLE"),
        ] {
            assert_eq!(judge(CASES, case, &broadcast(1, code)), Ok(()), "{case}");
            assert!(judge(CASES, case, &broadcast(1, "UNKNOWN")).is_err(), "{case}");
            assert!(judge(CASES, case, &broadcast(2, code)).is_err(), "{case}");
        }
    }
}
