//! `ChatStream`.

use std::time::Duration;

use super::{Case, ECHO, Judgement, LIMIT, Report, UNICODE_USER, case, tricky};

pub const CASES: &[Case] = &[
    Case {
        name: "bidi/chat",
        about: "the article's three messages, echoed word for word",
        #[rustfmt::skip]
        flags: &[
            "--call", "bidi",
            "--content", "Hi!", "--content", "How are you?",
            "--content", "I'm using a bidi stream!",
        ],
        ..case(|report| echoes(report, ["Hi!", "How are you?", "I'm using a bidi stream!"]))
    },
    Case {
        name: "bidi/unicode",
        about: "a name and a text of all kinds of characters, echoed",
        flags: &["--call", "bidi", "--user", UNICODE_USER, "--content", tricky!()],
        ..case(|report| echoes(report, [tricky!()]))
    },
    Case {
        name: "bidi/empty",
        about: "messages without a text are messages",
        flags: &["--call", "bidi", "--user", "", "--content", "", "--content", ""],
        ..case(|report| echoes(report, ["", ""]))
    },
    Case {
        name: "bidi/nothing",
        about: "half-closed at once: no message, and OK",
        flags: &["--call", "bidi", "--count", "0"],
        ..case(|report| report.ends("OK").and(report.says_nothing()))
    },
    Case {
        name: "bidi/ten-thousand",
        about: "10,000 messages each way, in order",
        limit: Duration::from_secs(60),
        flags: &["--call", "bidi", "--content", "Message {n}", "--count", "10000"],
        ..case(|report| echoes(report, (1..=10_000).map(|n| format!("Message {n}"))))
    },
    Case {
        name: "bidi/limit",
        about: "an echo of exactly 4 MiB",
        flags: &["--call", "bidi", "--size", "4194285"],
        ..case(|report| echoes(report, ["a".repeat(4_194_285)]))
    },
    Case {
        name: "bidi/over-limit",
        about: "an echo of 4 MiB and one byte, which the client refuses",
        flags: &["--call", "bidi", "--size", "4194286"],
        ..case(|report| report.ends("RESOURCE_EXHAUSTED").and(report.says_nothing()))
    },
    Case {
        name: "bidi/cancel",
        about: "the client cancels after the first echo",
        flags: &["--call", "bidi", "--content", "Hi!", "--hold", "--cancel-after", "1"],
        ..case(|report| first_then(report, "CANCELLED"))
    },
    Case {
        name: "bidi/deadline",
        about: "a deadline that expires while both sides wait",
        flags: &["--call", "bidi", "--content", "Hi!", "--hold", "--deadline", "1000"],
        // A busy machine may have used up the time before the echo comes.
        ..case(|report| {
            report.ends("DEADLINE_EXCEEDED")?;
            report.begins(["Echo: Hi!"]).map(drop)
        })
    },
    Case {
        name: "bidi/server-dies",
        about: "the server is killed after the first echo",
        flags: &["--call", "bidi", "--content", "Hi!", "--hold"],
        kills_server: true,
        ..case(|report| first_then(report, "UNAVAILABLE"))
    },
];

const _: () = assert!(LIMIT - ECHO == 4_194_285);

fn echoes<T: AsRef<str>>(report: &Report, contents: impl IntoIterator<Item = T>) -> Judgement {
    report.ends("OK")?;
    report.says(contents.into_iter().map(|content| format!("Echo: {}", content.as_ref())))
}

fn first_then(report: &Report, code: &str) -> Judgement {
    report.ends(code)?;
    report.says(["Echo: Hi!"])
}

#[cfg(test)]
mod tests {
    use super::super::judge;
    use super::{CASES, tricky};

    fn echo(content: &str) -> String {
        let content = serde_json::json!(format!("Echo: {content}"));
        format!("{{\"event\":\"message\",\"user\":\"Server\",\"content\":{content}}}\n")
    }

    fn status(code: &str) -> String {
        format!(r#"{{"event":"status","code":"{code}","message":""}}"#)
    }

    #[test]
    fn echoes_keep_their_order() {
        let (ok, all) = (status("OK"), ["Hi!", "How are you?", "I'm using a bidi stream!"]);
        let right = all.map(echo).concat() + &ok;
        assert_eq!(judge(CASES, "bidi/chat", &right), Ok(()));
        let swapped = [all[1], all[0], all[2]].map(echo).concat() + &ok;
        assert_eq!(
            judge(CASES, "bidi/chat", &swapped),
            Err(r#"message 1: expected "Echo: Hi!", got "Echo: How are you?""#.into())
        );
    }

    #[test]
    fn every_character_survives() {
        assert_eq!(judge(CASES, "bidi/unicode", &(echo(tricky!()) + &status("OK"))), Ok(()));
        let broken = echo(&tricky!().replace('👩', "?")) + &status("OK");
        assert!(judge(CASES, "bidi/unicode", &broken).is_err());
    }

    #[test]
    fn ten_thousand_are_not_one_less() {
        let all: String = (1..=10_000).map(|n| echo(&format!("Message {n}"))).collect();
        assert_eq!(judge(CASES, "bidi/ten-thousand", &(all.clone() + &status("OK"))), Ok(()));
        let less = all.lines().take(9_999).collect::<Vec<_>>().join("\n");
        assert_eq!(
            judge(CASES, "bidi/ten-thousand", &(less + "\n" + &status("OK"))),
            Err("expected 10000 messages, got 9999".into())
        );
    }

    #[test]
    fn what_ends_early_has_the_code_of_its_end() {
        for (case, code) in [
            ("bidi/cancel", "CANCELLED"),
            ("bidi/deadline", "DEADLINE_EXCEEDED"),
            ("bidi/server-dies", "UNAVAILABLE"),
        ] {
            assert_eq!(judge(CASES, case, &(echo("Hi!") + &status(code))), Ok(()), "{case}");
            assert!(judge(CASES, case, &(echo("Hi!") + &status("OK"))).is_err(), "{case}");
        }
    }
}
