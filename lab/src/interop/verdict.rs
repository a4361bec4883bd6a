//! What is found out about a cell.

use serde::{Deserialize, Serialize};

/// What happened in a cell. There is nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", content = "reason", rename_all = "kebab-case")]
pub enum Verdict {
    /// It works.
    Pass,
    /// It doesn't.
    Fail(String),
    /// A peer says, or its manifest, that it doesn't have this.
    Unsupported(String),
    /// It could not be tried.
    NoRun(String),
}

impl Verdict {
    /// Why, unless it is a pass.
    pub fn reason(&self) -> &str {
        match self {
            Self::Pass => "",
            Self::Fail(reason) | Self::Unsupported(reason) | Self::NoRun(reason) => reason,
        }
    }

    /// One verdict for several attempts at the same cell: the first that is not a pass.
    pub fn of_attempts(attempts: Vec<Self>) -> Self {
        attempts.into_iter().find(|verdict| *verdict != Self::Pass).unwrap_or(Self::Pass)
    }
}

/// A verdict in the light of what was known before, in the order in which reports show them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// A failure that nobody has explained yet.
    Fail,
    /// A pass of what is listed as known failing: the list is wrong.
    Surprise,
    /// A failure that is listed, with its reason.
    Known,
    /// A peer doesn't have this.
    Unsupported,
    /// It could not be tried.
    NoRun,
    /// It works.
    Pass,
}

impl Standing {
    /// All of them, in their order.
    pub const ALL: [Self; 6] =
        [Self::Fail, Self::Surprise, Self::Known, Self::Unsupported, Self::NoRun, Self::Pass];

    /// What a verdict means, given whether the cell is listed as known failing.
    pub fn of(verdict: &Verdict, listed: bool) -> Self {
        match (verdict, listed) {
            (Verdict::Pass, false) => Self::Pass,
            (Verdict::Pass, true) => Self::Surprise,
            (Verdict::Fail(_), false) => Self::Fail,
            (Verdict::Fail(_), true) => Self::Known,
            (Verdict::Unsupported(_), _) => Self::Unsupported,
            (Verdict::NoRun(_), _) => Self::NoRun,
        }
    }

    /// Whether the run can't be green with it.
    pub fn is_error(self) -> bool {
        matches!(self, Self::Fail | Self::Surprise)
    }

    /// The sign for it in reports.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Fail => "✕",
            Self::Surprise => "!",
            Self::Known => "⊘",
            Self::Unsupported => "–",
            Self::NoRun => "?",
            Self::Pass => "✓",
        }
    }

    /// The word for it in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Surprise => "surprise",
            Self::Known => "known",
            Self::Unsupported => "unsupported",
            Self::NoRun => "no-run",
            Self::Pass => "pass",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_must_fail() {
        let fail = Verdict::Fail("why".into());
        assert_eq!(Standing::of(&fail, true), Standing::Known);
        assert_eq!(Standing::of(&fail, false), Standing::Fail);
        assert_eq!(Standing::of(&Verdict::Pass, true), Standing::Surprise);
        assert_eq!(Standing::of(&Verdict::Pass, false), Standing::Pass);
    }

    #[test]
    fn a_list_changes_nothing_about_what_was_not_run() {
        let unsupported = Verdict::Unsupported("why".into());
        assert_eq!(Standing::of(&unsupported, true), Standing::Unsupported);
        let no_run = Verdict::NoRun("why".into());
        assert_eq!(Standing::of(&no_run, true), Standing::NoRun);
    }

    #[test]
    fn one_failed_attempt_is_a_failure() {
        let fail = Verdict::Fail("once".into());
        assert_eq!(Verdict::of_attempts(vec![Verdict::Pass, fail.clone(), Verdict::Pass]), fail);
        assert_eq!(Verdict::of_attempts(vec![Verdict::Pass, Verdict::Pass]), Verdict::Pass);
    }
}
