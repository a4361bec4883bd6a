use std::process::ExitCode;

use quartet::chat::one_line;
use quartet::chat::program::{
    EXIT_ENVIRONMENT, EXIT_FAILED, EXIT_INTERRUPTED, EXIT_STATUS, EXIT_USAGE,
};
use quartet::rpc::{Code, Status};

/// Why the program ends with another exit code than 0.
#[derive(Debug)]
pub enum Failure {
    /// The call ended with an error.
    Call { status: Status, target: String },
    /// What was to be sent can't be.
    Input(String),
    /// Something around the program is missing.
    Environment(String),
    /// The server is well enough to say that it, or its service, is not.
    NotServing,
    /// Ctrl-C.
    Interrupted,
}

impl Failure {
    pub fn environment(why: impl Into<String>) -> Self {
        Failure::Environment(why.into())
    }

    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Failure::Call { status, .. } => EXIT_STATUS + status.code() as u8,
            Failure::Input(_) => EXIT_USAGE,
            Failure::Environment(_) => EXIT_ENVIRONMENT,
            Failure::NotServing => EXIT_FAILED,
            Failure::Interrupted => EXIT_INTERRUPTED,
        })
    }

    pub fn report(&self) {
        match self {
            Failure::Call { status, target } => {
                eprintln!("chat-client: {}: {}", status.code(), one_line(status.message()));
                eprintln!("  target: {target}");
                eprintln!("  try:    {}", advice(status.code()));
            }
            Failure::Input(why) | Failure::Environment(why) => eprintln!("chat-client: {why}"),
            // The status was printed.
            Failure::NotServing => {}
            Failure::Interrupted => eprintln!("chat-client: interrupted; the call was cancelled"),
        }
    }
}

/// One line on what to do about a status.
fn advice(code: Code) -> &'static str {
    match code {
        Code::Unavailable => {
            "is the server running, and is this its address? --wait-for-ready waits for it"
        }
        Code::DeadlineExceeded => "give the call more time with --timeout, such as --timeout 10s",
        Code::ResourceExhausted => "send shorter messages, or raise the server's limit",
        Code::Unimplemented => {
            "does this server have the service, and reflection? `list` prints what it serves"
        }
        Code::Unauthenticated | Code::PermissionDenied => {
            "send credentials, such as -H 'authorization: Bearer TOKEN'"
        }
        Code::Cancelled => "the server gave up the call: it may be shutting down; try again",
        Code::Internal | Code::Unknown | Code::DataLoss => {
            "look into the server's log; -vv here says more"
        }
        _ => "read the message above: the server refused this request as it is",
    }
}
