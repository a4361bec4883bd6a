use std::fmt::{self, Debug};

use quartet::rpc::{Code, Status};

/// Why a case has failed: what was expected, and what was seen.
#[derive(Debug)]
pub struct Failure(String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Failure(text)
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Failure(format!("expected OK, saw {status}"))
    }
}

pub type Checked = Result<(), Failure>;

/// Expects a value; `what` says of what.
pub fn expect<T: PartialEq + Debug>(what: &str, expected: T, seen: T) -> Checked {
    if seen == expected {
        return Ok(());
    }
    Err(Failure(format!("{what}: expected {expected:?}, saw {seen:?}")))
}

/// Expects a call to have ended with this code; its status.
pub fn expect_code<T>(
    what: &str,
    code: Code,
    result: Result<T, Status>,
) -> Result<Status, Failure> {
    match result {
        Err(status) if status.code() == code => Ok(status),
        Err(status) => Err(Failure(format!("{what}: expected {code:?}, saw {status}"))),
        Ok(_) => Err(Failure(format!("{what}: expected {code:?}, saw an answer"))),
    }
}
