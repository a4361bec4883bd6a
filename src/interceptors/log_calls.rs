use log::{Level, log};

use crate::rpc::{Call, Code, End, Interceptor, Side};

/// Logs a line for each call when it ends: the method, the peer, the status, the time, and
/// the messages and bytes each way. Errors of the server's own making are warnings.
///
/// ```text
/// served /chat.ChatService/SayHello for ipv4:127.0.0.1:40312: OK in 0.4 ms, 1 in (9 B), 1 out (54 B)
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct LogCalls;

impl Interceptor for LogCalls {
    fn after(&self, call: &Call, end: &mut End) {
        let (verb, whom) = match call.side() {
            Side::Server => ("served", "for"),
            Side::Client => ("called", "at"),
        };
        let level = match end.status.code() {
            Code::Unknown | Code::Internal | Code::Unimplemented | Code::DataLoss => Level::Warn,
            _ => Level::Info,
        };
        log!(
            level,
            "{verb} {} {whom} {}: {} in {:.1} ms, {} in ({} B), {} out ({} B)",
            call.method(),
            call.peer(),
            end.status.to_string().escape_debug(),
            call.elapsed().as_secs_f64() * 1e3,
            end.received.messages,
            end.received.bytes,
            end.sent.messages,
            end.sent.bytes,
        );
    }
}
