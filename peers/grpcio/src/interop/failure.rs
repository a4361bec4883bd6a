use std::fmt::{self, Debug};

use grpcio::{Error, RpcStatus, RpcStatusCode};

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

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure(format!("expected OK, saw {error}"))
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
    code: RpcStatusCode,
    result: grpcio::Result<T>,
) -> Result<RpcStatus, Failure> {
    match result {
        Err(Error::RpcFailure(status)) if status.code() == code => Ok(status),
        Err(error) => Err(Failure(format!("{what}: expected {code}, saw {error}"))),
        Ok(_) => Err(Failure(format!("{what}: expected {code}, saw an answer"))),
    }
}
