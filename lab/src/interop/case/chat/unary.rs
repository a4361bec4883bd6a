//! `SayHello`.

use super::{Case, Judgement, LIMIT, MARKO, Report, UNICODE_USER, case, tricky};

pub const CASES: &[Case] = &[
    Case {
        name: "unary/hello",
        about: "the article's greeting, word for word",
        flags: &["--call", "unary", "--content", "This is a unary call."],
        ..case(|report| greets(report, "Marko"))
    },
    Case {
        name: "unary/unicode",
        about: "a name and a text of all kinds of characters",
        flags: &["--call", "unary", "--user", UNICODE_USER, "--content", tricky!()],
        ..case(|report| greets(report, UNICODE_USER))
    },
    Case {
        name: "unary/empty",
        about: "no name, no text",
        flags: &["--call", "unary", "--user", "", "--content", ""],
        ..case(|report| greets(report, ""))
    },
    Case {
        name: "unary/limit",
        about: "a request of exactly 4 MiB",
        flags: &["--call", "unary", "--size", "4194292"],
        ..case(|report| greets(report, "Marko"))
    },
    Case {
        name: "unary/over-limit",
        about: "a request of 4 MiB and one byte, which the server refuses",
        flags: &["--call", "unary", "--size", "4194293"],
        ..case(|report| report.ends("RESOURCE_EXHAUSTED").and(report.says_nothing()))
    },
];

const _: () = assert!(LIMIT - MARKO == 4_194_292);

fn greets(report: &Report, user: &str) -> Judgement {
    report.ends("OK")?;
    report.says([format!("Hello, {user}! Thanks for your message.")])
}

#[cfg(test)]
mod tests {
    use super::super::judge;
    use super::CASES;

    const MARKO: &str = r#"{"event":"message","user":"Server","content":"Hello, Marko! Thanks for your message."}
{"event":"status","code":"OK","message":""}"#;

    #[test]
    fn the_greeting_is_the_articles() {
        assert_eq!(judge(CASES, "unary/hello", MARKO), Ok(()));
        assert!(judge(CASES, "unary/hello", &MARKO.replace("Thanks", "Thank you")).is_err());
        assert!(judge(CASES, "unary/empty", MARKO).is_err());
    }

    #[test]
    fn an_oversize_request_is_refused_with_one_code() {
        let refused = r#"{"event":"status","code":"RESOURCE_EXHAUSTED","message":"too large"}"#;
        assert_eq!(judge(CASES, "unary/over-limit", refused), Ok(()));
        assert_eq!(
            judge(CASES, "unary/over-limit", &refused.replace("RESOURCE_EXHAUSTED", "INTERNAL")),
            Err("expected RESOURCE_EXHAUSTED, got INTERNAL: too large".into())
        );
        assert!(judge(CASES, "unary/over-limit", MARKO).is_err());
    }
}
