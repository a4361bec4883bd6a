use std::io;
use std::process::ExitCode;

use chat::program::{
    EXIT_ENVIRONMENT, EXIT_FAILED, EXIT_INTERRUPTED, EXIT_STATUS, EXIT_USAGE, say,
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

    pub fn no_thread(error: &io::Error) -> Self {
        Failure::Environment(format!(
            "can't start a thread ({error}): raise the limit (pids.max, ulimit -u)"
        ))
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
                say(&format!("chat-client: {}: {}", status.code(), status.message()));
                say(&format!("  target: {target}"));
                say(&format!("  try:    {}", advice(status)));
            }
            Failure::Input(why) | Failure::Environment(why) => say(&format!("chat-client: {why}")),
            // The status was printed.
            Failure::NotServing => {}
            Failure::Interrupted => say("chat-client: interrupted; the call was cancelled"),
        }
    }
}

/// One line on what to do about a status.
fn advice(status: &Status) -> &'static str {
    match status.code() {
        Code::Unavailable => unreachable(status.message()),
        Code::DeadlineExceeded => "give the call more time with --timeout, such as --timeout 10s",
        Code::ResourceExhausted => "send smaller messages, or raise the server's limit",
        Code::Unimplemented => {
            "does this server have the service, and reflection? `list` prints what it serves"
        }
        Code::Unauthenticated | Code::PermissionDenied => {
            "send a token with --token-file, or a certificate with --cert and --key"
        }
        Code::Cancelled => "the server aborted the call: it may be shutting down; try again",
        Code::Internal | Code::Unknown | Code::DataLoss => {
            "check the server's log; -vv here shows more"
        }
        _ => "read the message above: the server rejects this request as it is",
    }
}

/// The same of a server that was not reached, as far as C-core says why.
fn unreachable(message: &str) -> &'static str {
    const HUNG_UP: &str = "the server hung up: is it still running? if it never answers, it may \
                           want TLS (--cacert), or another certificate (--cert, --key)";
    const CAUSES: [(&str, &str); 6] = [
        (
            "certificate_verify_failed",
            "the server's certificate is from a CA that is not trusted here, or not valid today: \
             name its CA with --cacert",
        ),
        (
            "is not in peer certificate",
            "the server's certificate is for other names: call it by one of them, or give one \
             with --server-name",
        ),
        (
            "wrong_version_number",
            "the server does not speak TLS: leave out --tls, --cacert, --cert and --key",
        ),
        ("handshake failed", "does this address use TLS? GRPC_VERBOSITY=debug shows more"),
        ("socket closed", HUNG_UP),
        ("connection reset", HUNG_UP),
    ];
    // OpenSSL writes with spaces what BoringSSL writes as a name.
    let message = message.to_ascii_lowercase().replace(' ', "_");
    let cause = CAUSES.iter().find(|(sign, _)| message.contains(&sign.replace(' ', "_")));
    cause.map_or(
        "is the server running, and is this its address? --wait-for-ready waits for it",
        |(_, advice)| advice,
    )
}
