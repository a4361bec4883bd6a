//! The trace that a call belongs to, taken from the caller and passed on.

mod format;

use std::sync::Arc;

use crate::rpc::{Call, Interceptor, Metadata, Side, Status};

/// Joins calls into traces, by W3C's Trace Context (`traceparent`, `tracestate`) and the binary
/// form of OpenCensus (`grpc-trace-bin`).
///
/// On a server it continues the caller's trace with its own span, or starts a trace, and attaches
/// it to the call: a handler reads it with `request.extension::<Trace>()`. On a channel it sends a
/// trace with every call, in both forms: the one in the request's metadata, unchanged; or else the
/// next span of the [`Trace`] that the request was extended with, or of the call being served; or
/// else a new trace. What is malformed counts as absent, as the specification requires. Nothing is
/// recorded or exported.
///
/// If both forms arrive, `traceparent` wins. C-core (the bundled one and others) keeps a
/// `grpc-trace-bin` that a server receives to itself, so the trace of a caller that sends nothing
/// else is not continued there.
#[derive(Clone, Copy, Debug, Default)]
pub struct TraceContext {
    sampled: bool,
}

impl TraceContext {
    /// Whether traces that start here have the flag that asks everyone on the way to record them;
    /// off by default. Traces from elsewhere keep theirs.
    pub fn sampled(mut self, yes: bool) -> Self {
        self.sampled = yes;
        self
    }

    fn new_trace(self) -> Trace {
        Trace {
            trace_id: fastrand::u128(1..).to_be_bytes(),
            span_id: new_span(),
            parent: None,
            flags: u8::from(self.sampled),
            state: None,
        }
    }
}

impl Interceptor for TraceContext {
    fn before(&self, call: &mut Call) -> Result<(), Status> {
        let came = Trace::read(call.metadata());
        let trace = match call.side() {
            Side::Server => came.map(|callers| callers.next_span()),
            Side::Client => came.or_else(|| {
                let given = call.extension().cloned();
                given.or_else(|| call.served_extension()).map(|trace: Trace| trace.next_span())
            }),
        };
        let trace = trace.unwrap_or_else(|| self.new_trace());
        if call.side() == Side::Client {
            trace.write(call.metadata_mut());
        }
        call.extend(trace);
        Ok(())
    }
}

/// The trace that a call belongs to, and the call's span in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    trace_id: [u8; 16],
    span_id: [u8; 8],
    parent: Option<[u8; 8]>,
    flags: u8,
    state: Option<Arc<str>>,
}

/// The flags of W3C's Trace Context that are handed on: sampled, and (level 2) random.
const SAMPLED: u8 = 1;
const KNOWN_FLAGS: u8 = 3;

fn new_span() -> [u8; 8] {
    fastrand::u64(1..).to_be_bytes()
}

impl Trace {
    /// The id of the trace, 32 hexadecimal digits.
    pub fn id(&self) -> String {
        format::hex(&self.trace_id)
    }

    /// The id of the call's span, 16 hexadecimal digits.
    pub fn span_id(&self) -> String {
        format::hex(&self.span_id)
    }

    /// The id of the parent span, if there is one.
    pub fn parent_id(&self) -> Option<String> {
        self.parent.as_ref().map(|parent| format::hex(parent))
    }

    /// Whether the caller may have recorded the trace, and asks others to.
    pub fn sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// What vendors added to the trace (`tracestate`): `vendor=value,other=value`.
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// A new span in the same trace, whose parent is this one.
    pub fn next_span(&self) -> Self {
        Trace { span_id: new_span(), parent: Some(self.span_id), ..self.clone() }
    }

    /// The trace that stands in metadata, if it is well-formed.
    fn read(metadata: &Metadata) -> Option<Self> {
        if metadata.get_bytes(format::PARENT).is_none() {
            return format::read_binary(metadata.get_bytes(format::BINARY)?);
        }
        let mut parents = metadata.get_all(format::PARENT);
        let (parent, None) = (parents.next()?, parents.next()) else { return None };
        let trace = format::read_parent(parent)?;
        Some(Trace { state: format::read_state(metadata.get_all(format::STATE)), ..trace })
    }

    /// Puts it into metadata in both forms, in place of what is there.
    fn write(&self, metadata: &mut Metadata) {
        for key in [format::PARENT, format::STATE, format::BINARY] {
            metadata.remove(key);
        }
        metadata.push_internal(format::PARENT, format::parent(self));
        if let Some(state) = &self.state {
            metadata.push_internal(format::STATE, &**state);
        }
        metadata.push_internal(format::BINARY, format::binary(self));
    }
}
