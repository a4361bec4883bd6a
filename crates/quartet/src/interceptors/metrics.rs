//! Metrics of calls, in OpenMetrics text.

mod handles;
mod histogram;

use std::array;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use crate::rpc::{Call, Code, End, Interceptor, Side, Status};

use handles::Handles;
use histogram::Histogram;

/// Counts and measures calls, on servers, channels or both, with the names, units, attributes
/// and buckets of gRFC A66 as Prometheus writes them. Clones count into the same metrics, so one
/// is added to a server, another to a channel, and a third is asked for the text.
///
/// | metric | attributes |
/// |---|---|
/// | `grpc_server_call_started_total` | method |
/// | `grpc_server_call_running` | method |
/// | `grpc_server_call_duration_seconds` | method, status |
/// | `grpc_server_call_sent_total_message_size_bytes` | method, status |
/// | `grpc_server_call_rcvd_total_message_size_bytes` | method, status |
/// | `grpc_client_call_started_total` | method, target |
/// | `grpc_client_call_running` | method, target |
/// | `grpc_client_call_duration_seconds` | method, target, status |
/// | `grpc_client_call_sent_total_message_size_bytes` | method, target, status |
/// | `grpc_client_call_rcvd_total_message_size_bytes` | method, target, status |
///
/// The attributes are `grpc_method` (`chat.ChatService/SayHello`), `grpc_target` (such as
/// `dns:///localhost:50051`) and `grpc_status` (`OK`). What differs from A66 has another name:
/// sizes are those before compression, as the compressed ones are not seen outside of C-core
/// (A66's names say `compressed`); calls that run are a gauge, which counts one of a server until its
/// status has left; and on clients calls are counted, not the attempts that C-core
/// makes for them (A66's `grpc.client.attempt` metrics). Methods that a server does not have are
/// not seen: C-core answers for them.
///
/// A call is counted without a lock or an allocation, except the first of each method and status.
#[derive(Clone)]
pub struct Metrics(Arc<Shared>);

struct Shared {
    registry: Mutex<Registry>,
    server: Instruments,
    client: Instruments,
}

/// The content type of what [`Metrics::encode`] writes.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

impl Metrics {
    /// Metrics that count nothing yet.
    pub fn new() -> Self {
        let mut registry = Registry::default();
        let (server, client) = (Instruments::default(), Instruments::default());
        server.register("grpc_server_call", &mut registry);
        client.register("grpc_client_call", &mut registry);
        Metrics(Arc::new(Shared { registry: Mutex::new(registry), server, client }))
    }

    /// Adds the program's own metrics, made with the crate `prometheus-client`, to the same text.
    pub fn register(&self, register: impl FnOnce(&mut Registry)) {
        register(&mut self.0.registry.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// All metrics, in OpenMetrics text 1.0.
    pub fn encode(&self) -> String {
        let mut written = String::new();
        let registry = self.0.registry.lock().unwrap_or_else(PoisonError::into_inner);
        // A string takes everything; only a metric of the program's own could fail.
        if text::encode(&mut written, &registry).is_err() {
            log::error!("a registered metric can't be encoded; the metrics text is cut off");
        }
        written
    }

    fn with_handles<T>(
        &self,
        call: &Call,
        then: impl FnOnce(&MethodHandles, &Instruments) -> T,
    ) -> T {
        let (instruments, target) = match call.side() {
            Side::Server => (&self.0.server, None),
            Side::Client => (&self.0.client, call.target()),
        };
        let handles = instruments
            .handles
            .get(call.method(), target, || MethodHandles::new(instruments, call.method(), target));
        then(handles, instruments)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Interceptor for Metrics {
    fn before(&self, call: &mut Call) -> Result<(), Status> {
        self.with_handles(call, |method, _| {
            method.started.inc();
            method.running.inc();
        });
        Ok(())
    }

    fn after(&self, call: &Call, end: &mut End) {
        self.with_handles(call, |method, instruments| {
            let ended = method.ended(end.status.code(), instruments);
            ended.duration.observe(call.elapsed().as_secs_f64());
            ended.sent.observe(end.sent.bytes as f64);
            ended.received.observe(end.received.bytes as f64);
        });
    }

    fn over(&self, call: &Call) {
        self.with_handles(call, |method, _| method.running.dec());
    }
}

type Labels = Vec<(&'static str, String)>;
type Histograms = Family<Labels, Histogram, fn() -> Histogram>;

/// The metrics of one side.
struct Instruments {
    started: Family<Labels, Counter>,
    running: Family<Labels, Gauge>,
    duration: Histograms,
    sent: Histograms,
    received: Histograms,
    handles: Handles<MethodHandles>,
}

impl Default for Instruments {
    fn default() -> Self {
        let sizes = || Histogram::new(SIZES);
        Instruments {
            started: Family::default(),
            running: Family::default(),
            duration: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            sent: Family::new_with_constructor(sizes),
            received: Family::new_with_constructor(sizes),
            handles: Handles::default(),
        }
    }
}

impl Instruments {
    fn register(&self, prefix: &str, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix(prefix);
        registry.register("started", "Calls started", self.started.clone());
        registry.register("running", "Calls in progress", self.running.clone());
        let mut histogram = |name: &str, help: &str, unit, histograms: &Histograms| {
            registry.register_with_unit(name, help, unit, histograms.clone());
        };
        histogram(
            "duration",
            "Time from the start of a call to its end",
            Unit::Seconds,
            &self.duration,
        );
        let sent = "Bytes of the messages that a call sent, before compression";
        histogram("sent_total_message_size", sent, Unit::Bytes, &self.sent);
        let received = "Bytes of the messages that a call received, after decompression";
        histogram("rcvd_total_message_size", received, Unit::Bytes, &self.received);
    }
}

/// What is counted for one method.
#[derive(Debug)]
struct MethodHandles {
    labels: Labels,
    started: Counter,
    running: Gauge,
    /// By the number of the status code.
    ended: [OnceLock<Ended>; Code::ALL.len()],
}

/// What is measured when a call of a method ends with a certain status.
#[derive(Debug)]
struct Ended {
    duration: Histogram,
    sent: Histogram,
    received: Histogram,
}

impl MethodHandles {
    fn new(instruments: &Instruments, method: &str, target: Option<&str>) -> Self {
        let mut labels = vec![("grpc_method", method.trim_start_matches('/').to_owned())];
        labels.extend(target.map(|target| ("grpc_target", canonical(target))));
        let started = instruments.started.get_or_create_owned(&labels);
        let running = instruments.running.get_or_create_owned(&labels);
        MethodHandles { labels, started, running, ended: array::from_fn(|_| OnceLock::new()) }
    }

    fn ended(&self, code: Code, instruments: &Instruments) -> &Ended {
        self.ended[code as usize].get_or_init(|| {
            let mut labels = self.labels.clone();
            labels.push(("grpc_status", code.name().to_owned()));
            Ended {
                duration: instruments.duration.get_or_create_owned(&labels),
                sent: instruments.sent.get_or_create_owned(&labels),
                received: instruments.received.get_or_create_owned(&labels),
            }
        })
    }
}

/// A target as C-core reads it: one without a scheme that it knows is a name to be resolved.
fn canonical(target: &str) -> String {
    const SCHEMES: [&str; 8] =
        ["dns", "unix", "unix-abstract", "ipv4", "ipv6", "xds", "vsock", "google-c2p"];
    match target.split_once(':') {
        Some((scheme, _)) if SCHEMES.contains(&scheme) => target.to_owned(),
        _ => format!("dns:///{target}"),
    }
}

/// The buckets of gRFC A66 for latencies, in seconds.
const SECONDS: &[f64] = &[
    0.0, 0.00001, 0.00005, 0.0001, 0.0003, 0.0006, 0.0008, 0.001, 0.002, 0.003, 0.004, 0.005,
    0.006, 0.008, 0.01, 0.013, 0.016, 0.02, 0.025, 0.03, 0.04, 0.05, 0.065, 0.08, 0.1, 0.13, 0.16,
    0.2, 0.25, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0,
];

/// The buckets of gRFC A66 for sizes, in bytes.
const SIZES: &[f64] = &[
    0.0,
    1024.0,
    2048.0,
    4096.0,
    16384.0,
    65536.0,
    262144.0,
    1048576.0,
    4194304.0,
    16777216.0,
    67108864.0,
    268435456.0,
    1073741824.0,
    4294967296.0,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_has_a_scheme() {
        for (target, expected) in [
            ("localhost:50051", "dns:///localhost:50051"),
            ("dns:///a:1", "dns:///a:1"),
            ("unix:/run/chat.sock", "unix:/run/chat.sock"),
            ("[::1]:80", "dns:///[::1]:80"),
        ] {
            assert_eq!(canonical(target), expected);
        }
    }
}
