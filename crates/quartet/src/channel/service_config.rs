use std::ffi::CString;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::rpc::Code;

/// How the calls of a channel find a server, and what happens to those that fail: gRPC's
/// [service config](https://github.com/grpc/grpc/blob/master/doc/service_config.md). One from the
/// name resolver (`xds:///`) takes precedence.
///
/// It has no timeout for methods: C-core's takes effect one to two seconds early
/// (grpc/grpc#34547); use [`Request::set_timeout`](crate::rpc::Request::set_timeout).
///
/// ```
/// # use quartet::channel::{Channel, Methods, Retry, ServiceConfig};
/// let config = ServiceConfig::new()
///     .round_robin()
///     .health_checked("chat.ChatService")
///     .methods(Methods::all().retry(Retry::new(4)).wait_for_ready(true));
/// let channel = Channel::builder("dns:///chat:50051").service_config(config).build();
/// ```
#[derive(Clone, Debug, Default)]
pub struct ServiceConfig(Map<String, Value>);

impl ServiceConfig {
    /// All calls to one address, no health checks, no retries: what a channel does by default.
    pub fn new() -> Self {
        ServiceConfig::default()
    }

    /// Connects to every address of the target, and spreads the calls over those that can be
    /// reached. By default a channel stays with the first one that connects.
    pub fn round_robin(self) -> Self {
        self.with("loadBalancingConfig", json!([{ "round_robin": {} }]))
    }

    /// With [`round_robin`](Self::round_robin): makes no calls to a server that reports by
    /// `grpc.health.v1` that this service is not serving; empty means the whole server. A server
    /// without the health service counts as healthy.
    pub fn health_checked(self, service: impl Into<String>) -> Self {
        self.with("healthCheckConfig", json!({ "serviceName": service.into() }))
    }

    /// Adds settings for some methods. The narrowest match applies: a method, then its service,
    /// then all.
    pub fn methods(mut self, methods: Methods) -> Self {
        let all = self.0.entry("methodConfig").or_insert_with(|| json!([]));
        if let Value::Array(all) = all {
            all.push(methods.0.into());
        }
        self
    }

    /// Stops retrying while too many calls fail: of this many tokens (1 to 1,000) each failure
    /// takes one, each success gives back `ratio` of one, and below half nothing is retried
    /// ([gRFC A6](https://github.com/grpc/proposal/blob/master/A6-client-retries.md)).
    pub fn throttle_retries(self, tokens: u32, ratio: f64) -> Self {
        let (tokens, ratio) = (tokens.clamp(1, 1000), ratio.max(0.001));
        self.with("retryThrottling", json!({ "maxTokens": tokens, "tokenRatio": ratio }))
    }

    /// As C-core takes it; none, if there is nothing in it.
    pub(super) fn to_core(&self) -> Option<CString> {
        // JSON escapes what C can't take.
        CString::new(self.to_string()).ok().filter(|_| !self.0.is_empty())
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.0.insert(key.into(), value);
        self
    }
}

impl FromStr for ServiceConfig {
    type Err = serde_json::Error;

    /// Takes a config in JSON. C-core reads its fields when a call is made: one that it can't use
    /// ends every call with `INVALID_ARGUMENT` or `UNAVAILABLE`.
    ///
    /// # Errors
    /// When the text is not a JSON object.
    fn from_str(json: &str) -> Result<Self, Self::Err> {
        serde_json::from_str(json).map(ServiceConfig)
    }
}

impl fmt::Display for ServiceConfig {
    /// As JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Value::from(self.0.clone()).to_string())
    }
}

/// Settings for some methods of a [`ServiceConfig`].
#[derive(Clone, Debug)]
pub struct Methods(Map<String, Value>);

impl Methods {
    /// Every method of every service.
    pub fn all() -> Self {
        Methods::named(json!({}))
    }

    /// Every method of a service, such as `chat.ChatService`.
    pub fn of(service: &str) -> Self {
        Methods::named(json!({ "service": service }))
    }

    /// One method.
    pub fn one(service: &str, method: &str) -> Self {
        Methods::named(json!({ "service": service, "method": method }))
    }

    fn named(name: Value) -> Self {
        Methods(Map::from_iter([("name".into(), json!([name]))]))
    }

    /// Retries calls that fail; off by default. (Calls that no server has seen are retried anyway:
    /// a transparent retry.)
    pub fn retry(mut self, retry: Retry) -> Self {
        if !retry.codes.is_empty() {
            self.0.insert("retryPolicy".into(), retry.to_json());
        }
        self
    }

    /// Whether calls wait for a reachable server instead of failing at once, unless their requests
    /// say otherwise; off by default.
    pub fn wait_for_ready(mut self, yes: bool) -> Self {
        self.0.insert("waitForReady".into(), yes.into());
        self
    }
}

/// Retries a call that ended with one of some codes before any part of a reply arrived
/// ([gRFC A6](https://github.com/grpc/proposal/blob/master/A6-client-retries.md)). The pause
/// before the n-th retry is random, up to the first pause times the multiplier to the power n-1.
/// A server may ask for another pause, or for no retry, with `grpc-retry-pushback-ms` in its
/// trailers.
#[derive(Clone, Debug)]
pub struct Retry {
    attempts: u32,
    first: Duration,
    longest: Duration,
    multiplier: f64,
    codes: Vec<Code>,
}

impl Retry {
    /// This many attempts in all, the first included; 2 to 5, as gRPC allows no more. Retries after
    /// `UNAVAILABLE`, with pauses of up to 100 ms, then twice as long each time, up to a second.
    pub fn new(attempts: u32) -> Self {
        Retry {
            attempts: attempts.clamp(2, 5),
            first: Duration::from_millis(100),
            longest: Duration::from_secs(1),
            multiplier: 2.0,
            codes: vec![Code::Unavailable],
        }
    }

    /// The first pause, the longest, and the factor from one to the next.
    pub fn pauses(mut self, first: Duration, longest: Duration, multiplier: f64) -> Self {
        // C-core takes no zero.
        self.first = first.clamp(Duration::from_millis(1), LONGEST);
        self.longest = longest.clamp(self.first, LONGEST);
        self.multiplier = multiplier.max(0.001);
        self
    }

    /// The codes to retry after; if empty, nothing is retried. After any other than `UNAVAILABLE`
    /// the server may have done its work already.
    pub fn on(mut self, codes: impl IntoIterator<Item = Code>) -> Self {
        self.codes = codes.into_iter().collect();
        self
    }

    fn to_json(&self) -> Value {
        let codes: Vec<_> = self.codes.iter().map(Code::to_string).collect();
        json!({
            "maxAttempts": self.attempts,
            "initialBackoff": seconds(self.first),
            "maxBackoff": seconds(self.longest),
            "backoffMultiplier": self.multiplier,
            "retryableStatusCodes": codes,
        })
    }
}

/// The longest duration of protobuf, 10,000 years; C-core refuses a config with a longer one.
const LONGEST: Duration = Duration::from_secs(315_576_000_000);

/// A duration in protobuf's JSON.
fn seconds(duration: Duration) -> String {
    format!("{}.{:09}s", duration.as_secs(), duration.subsec_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_is_the_json_of_the_specification() {
        let retry = Retry::new(9).on([Code::Unavailable, Code::Aborted]);
        let config = ServiceConfig::new()
            .round_robin()
            .health_checked("")
            .throttle_retries(0, 0.0)
            .methods(Methods::all().wait_for_ready(true))
            .methods(Methods::one("chat.ChatService", "SayHello").retry(retry));
        let expected = json!({
            "loadBalancingConfig": [{ "round_robin": {} }],
            "healthCheckConfig": { "serviceName": "" },
            "retryThrottling": { "maxTokens": 1, "tokenRatio": 0.001 },
            "methodConfig": [
                { "name": [{}], "waitForReady": true },
                {
                    "name": [{ "service": "chat.ChatService", "method": "SayHello" }],
                    "retryPolicy": {
                        "maxAttempts": 5,
                        "initialBackoff": "0.100000000s",
                        "maxBackoff": "1.000000000s",
                        "backoffMultiplier": 2.0,
                        "retryableStatusCodes": ["UNAVAILABLE", "ABORTED"],
                    },
                },
            ],
        });
        assert_eq!(serde_json::from_str::<Value>(&config.to_string()).unwrap(), expected);
        assert!("[]".parse::<ServiceConfig>().is_err());
    }
}
