//! What a chat client reports: JSON lines, read and questioned.

use serde::Deserialize;

use crate::interop::case::Judgement;

/// Everything that one client reported.
#[derive(Debug, Default, PartialEq)]
pub struct Report {
    messages: Vec<Message>,
    status: Option<Status>,
}

/// A message that the client received.
#[derive(Debug, PartialEq, Deserialize)]
pub struct Message {
    user: String,
    #[serde(flatten)]
    content: Content,
}

/// A content, or what is left of a long one.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Content {
    /// All of it.
    Text {
        /// The text.
        content: String,
    },
    /// Length and checksum.
    Digest {
        /// Its bytes of UTF-8.
        length: u64,
        /// Their CRC-32.
        crc32: u32,
    },
}

/// How the call ended.
#[derive(Debug, PartialEq, Deserialize)]
pub struct Status {
    code: String,
    message: String,
}

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Line {
    Message(Message),
    Status(Status),
}

/// The longest content that is reported in full.
const LONG: usize = 1024;

impl Content {
    /// A content as a client should report it.
    pub fn of(text: &str) -> Self {
        if text.len() <= LONG {
            Self::Text { content: text.into() }
        } else {
            Self::Digest { length: text.len() as u64, crc32: crc32fast::hash(text.as_bytes()) }
        }
    }
}

impl Report {
    /// The report in these lines, all of them.
    #[cfg(test)]
    pub fn read<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut report = Self::default();
        lines.into_iter().try_for_each(|line| report.take(line))?;
        report.complete()
    }

    /// Takes one more line.
    pub fn take(&mut self, line: &str) -> Result<(), String> {
        if self.status.is_some() {
            return Err(format!("reported more after the status: {}", excerpt(line)));
        }
        let parsed = serde_json::from_str(line)
            .map_err(|error| format!("reported rubbish: {} ({error})", excerpt(line)))?;
        match parsed {
            Line::Message(message) => self.messages.push(message),
            Line::Status(status) => self.status = Some(status),
        }
        Ok(())
    }

    /// The report, if it has an end.
    pub fn complete(self) -> Result<Self, String> {
        match self.status {
            Some(_) => Ok(self),
            None => Err("reported no status".into()),
        }
    }

    /// How many messages were received.
    pub fn received(&self) -> usize {
        self.messages.len()
    }

    /// The call ended with this code.
    pub fn ends(&self, code: &str) -> Judgement {
        match &self.status {
            Some(status) if status.code == code => Ok(()),
            Some(status) if status.message.is_empty() => {
                Err(format!("expected {code}, got {}", status.code))
            }
            Some(status) => {
                Err(format!("expected {code}, got {}: {}", status.code, excerpt(&status.message)))
            }
            None => Err(format!("expected {code}, got no status")),
        }
    }

    /// These messages came from the server, in this order, and no others.
    pub fn says<T: AsRef<str>>(&self, expected: impl IntoIterator<Item = T>) -> Judgement {
        let expected = self.begins(expected)?;
        if self.received() < expected {
            return Err(format!("expected {expected} messages, got {}", self.received()));
        }
        Ok(())
    }

    /// What came from the server is how these messages begin: perhaps not all of them. Says how
    /// many they are.
    pub fn begins<T: AsRef<str>>(
        &self,
        expected: impl IntoIterator<Item = T>,
    ) -> Result<usize, String> {
        let mut expected = expected.into_iter();
        for (index, message) in self.messages.iter().enumerate() {
            let number = index + 1;
            let Some(wanted) = expected.next() else {
                return Err(format!("expected {index} messages, got {}", self.received()));
            };
            let wanted = Content::of(wanted.as_ref());
            if message.user != "Server" {
                return Err(format!("message {number} is from {:?}", message.user));
            }
            if message.content != wanted {
                return Err(format!(
                    "message {number}: expected {}, got {}",
                    wanted.describe(),
                    message.content.describe()
                ));
            }
        }
        Ok(self.received() + expected.count())
    }

    /// Nothing came from the server.
    pub fn says_nothing(&self) -> Judgement {
        self.says::<&str>([])
    }
}

impl Content {
    fn describe(&self) -> String {
        match self {
            Self::Text { content } => format!("{content:?}"),
            Self::Digest { length, crc32 } => format!("{length} bytes of CRC-32 {crc32:08x}"),
        }
    }
}

/// As much of a text as belongs into a reason.
fn excerpt(text: &str) -> String {
    const ENOUGH: usize = 160;
    match text.char_indices().nth(ENOUGH) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HI: &str = r#"{"event":"message","user":"Server","content":"Echo: Hi!"}"#;
    const OK: &str = r#"{"event":"status","code":"OK","message":""}"#;
    const LOST: &str = r#"{"event":"status","code":"UNAVAILABLE","message":"lost"}"#;

    fn report(lines: &[&str]) -> Report {
        Report::read(lines.iter().copied()).unwrap()
    }

    #[test]
    fn what_was_said_and_how_it_ended() {
        let report = report(&[HI, HI, OK]);
        assert_eq!(report.says(["Echo: Hi!", "Echo: Hi!"]), Ok(()));
        assert_eq!(report.ends("OK"), Ok(()));
    }

    #[test]
    fn a_reason_says_what_was_expected_and_what_was_seen() {
        let report = report(&[HI, LOST]);
        for (judgement, reason) in [
            (report.ends("OK"), "expected OK, got UNAVAILABLE: lost"),
            (report.says_nothing(), "expected 0 messages, got 1"),
            (report.says(["Echo: Hi!", "x"]), "expected 2 messages, got 1"),
            (report.says(["x"]), r#"message 1: expected "x", got "Echo: Hi!""#),
        ] {
            assert_eq!(judgement, Err(reason.into()));
        }
    }

    #[test]
    fn an_interrupted_stream_may_be_any_beginning() {
        let report = report(&[HI, LOST]);
        assert_eq!(report.begins(["Echo: Hi!", "x"]), Ok(2));
        assert!(report.begins(["x"]).is_err());
    }

    #[test]
    fn messages_come_from_the_server() {
        let report = report(&[&HI.replace("Server", "Marko"), OK]);
        assert_eq!(report.says(["Echo: Hi!"]), Err(r#"message 1 is from "Marko""#.into()));
    }

    #[test]
    fn a_long_content_is_known_by_its_checksum() {
        let digest = r#"{"event":"message","user":"Server","length":1025,"crc32":CRC}"#;
        let content = "a".repeat(1025);
        let right = digest.replace("CRC", &crc32fast::hash(content.as_bytes()).to_string());
        assert_eq!(report(&[&right, OK]).says([&content]), Ok(()));
        let wrong = digest.replace("CRC", "7");
        let reason = report(&[&wrong, OK]).says([&content]).unwrap_err();
        assert!(reason.ends_with("got 1025 bytes of CRC-32 00000007"), "{reason}");
    }

    #[test]
    fn rubbish_is_no_report() {
        for (lines, reason) in [
            (&["hello"][..], "reported rubbish: hello (expected value"),
            (&[r#"{"event":"joke"}"#], r#"reported rubbish: {"event":"joke"} (unknown variant"#),
            (&[HI], "reported no status"),
            (&[OK, HI], "reported more after the status: "),
            (&[OK, OK], "reported more after the status: "),
        ] {
            let error = Report::read(lines.iter().copied()).unwrap_err();
            assert!(error.starts_with(reason), "{error}");
        }
    }
}
