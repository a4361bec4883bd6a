use log::{Level, log, log_enabled};

use crate::rpc::{Call, Code, End, Interceptor, Side};

use super::{Trace, proved_name};

/// Logs a line for each call when it ends: the method, the peer, the status, the time, and
/// the messages and bytes each way. Errors that the server causes are warnings. Calls that later
/// interceptors refuse are logged too.
///
/// ```text
/// served /chat.ChatService/SayHello for ipv4:127.0.0.1:40312: OK in 0.4 ms, 1 in (9 B), 1 out (54 B)
/// ```
///
/// The record has the same as key-values (of the crate `log`), for logs that programs read:
/// `method`, `peer`, `code`, `duration_ms`, `received_messages`, `received_bytes`, `sent_messages`,
/// `sent_bytes`, and where they are known `trace_id` (with [`TraceContext`](super::TraceContext)
/// before this interceptor) and `caller`, the name that a certificate or a token proves.
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
        if !log_enabled!(level) {
            return;
        }
        let (peer, duration_ms) = (call.peer(), call.elapsed().as_secs_f64() * 1e3);
        log!(
            level,
            method = call.method(),
            peer = *peer,
            code = end.status.code().name(),
            duration_ms,
            received_messages = end.received.messages,
            received_bytes = end.received.bytes,
            sent_messages = end.sent.messages,
            sent_bytes = end.sent.bytes,
            trace_id = call.extension().map(|trace: &Trace| trace.id()).as_deref(),
            caller = proved_name(call).as_deref();
            "{verb} {} {whom} {peer}: {} in {duration_ms:.1} ms, {} in ({} B), {} out ({} B)",
            call.method(),
            end.status.to_string().escape_debug(),
            end.received.messages,
            end.received.bytes,
            end.sent.messages,
            end.sent.bytes,
        );
    }
}
