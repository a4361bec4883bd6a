use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::{Clock, DefaultClock};
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::ShrinkableKeyedStateStore;
use governor::{Quota, RateLimiter};

use crate::rpc::{Call, Interceptor, Status};

use super::exempt::Exempt;
use super::proved_name;

/// Limits how many calls start per second, from everybody together or from each caller; calls over
/// the limit end with `RESOURCE_EXHAUSTED`, and `grpc-retry-pushback-ms` says when to retry (gRFC
/// A6). A second's worth may come in one burst. Health checks are not counted.
///
/// A caller is identified by its certificate, or by its token (with
/// [`BearerAuth`](super::BearerAuth) before this interceptor), or else by its address: for IPv6 the
/// first 64 bits, which belong to one host. Up to 10,000 callers are kept apart at a time; beyond
/// that, newcomers share one allowance.
#[derive(Debug)]
pub struct RateLimit {
    limiter: RateLimiter<Key, Callers, DefaultClock>,
    per_caller: bool,
    exempt: Exempt,
    swept: Mutex<Instant>,
}

impl RateLimit {
    /// Lets all callers together start this many calls per second.
    pub fn per_server(calls: NonZeroU32) -> Self {
        Self::new(calls, false)
    }

    /// Lets each caller start this many calls per second.
    pub fn per_caller(calls: NonZeroU32) -> Self {
        Self::new(calls, true)
    }

    fn new(calls: NonZeroU32, per_caller: bool) -> Self {
        let limiter =
            RateLimiter::new(Quota::per_second(calls), Callers::default(), DefaultClock::default());
        let swept = Mutex::new(Instant::now());
        RateLimit { limiter, per_caller, exempt: Exempt::default(), swept }
    }

    /// Does not count the calls of a service (`chat.ChatService`) or a method
    /// (`chat.ChatService/SayHello`).
    pub fn exempt(mut self, name: &str) -> Self {
        self.exempt.add(name);
        self
    }

    /// Forgets those who have their whole allowance again, if there are too many; once a second,
    /// as it looks at all of them.
    fn make_room(&self) {
        const PAUSE: Duration = Duration::from_secs(1);
        if self.limiter.len() < MOST_CALLERS {
            return;
        }
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        if swept.elapsed() >= PAUSE {
            self.limiter.retain_recent();
            *swept = Instant::now();
        }
    }
}

impl Interceptor for RateLimit {
    fn before(&self, call: &mut Call) -> Result<(), Status> {
        if self.exempt.covers(call.method()) {
            return Ok(());
        }
        let key = if self.per_caller { Key::of(call) } else { Key::Anybody };
        self.make_room();
        self.limiter.check_key(&key).map_err(|refused| {
            let wait = refused.wait_time_from(DefaultClock::default().now());
            let millis = wait.as_micros().div_ceil(1000);
            let mut status = Status::resource_exhausted("too many calls per second");
            status.metadata_mut().push_internal("grpc-retry-pushback-ms", millis.to_string());
            status
        })
    }
}

/// Whose allowance a call is taken from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Anybody,
    Name(String),
    Address(IpAddr),
    /// Not an IP address: a socket file.
    Peer(String),
}

impl Key {
    fn of(call: &Call) -> Self {
        match proved_name(call) {
            Some(name) => Key::Name(name),
            None => Key::of_peer(call.peer()),
        }
    }

    /// Reads an address as C-core writes it: `ipv4:127.0.0.1:40312`, `ipv6:%5B::1%5D:40312`.
    fn of_peer(peer: String) -> Self {
        let ip = peer.strip_prefix("ipv4:").or_else(|| peer.strip_prefix("ipv6:"));
        let host = ip.and_then(|ip| ip.rsplit_once(':')).map(|(host, _)| host);
        let bare = host.map(|host| host.trim_start_matches("%5B").trim_start_matches('['));
        let bare = bare.map(|host| host.trim_end_matches("%5D").trim_end_matches(']'));
        // A zone (`fe80::1%25eth0`) is of this machine.
        let bare = bare.and_then(|host| host.split('%').next());
        match bare.and_then(|host| host.parse().ok()) {
            Some(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
                Some(address) => Key::Address(address.into()),
                None => {
                    let network = address.to_bits() >> 64 << 64;
                    Key::Address(IpAddr::V6(network.into()))
                }
            },
            Some(address) => Key::Address(address),
            None => Key::Peer(peer),
        }
    }
}

const MOST_CALLERS: usize = 10_000;

/// What is left of each caller's allowance, as governor counts it.
#[derive(Debug, Default)]
struct Callers(Mutex<HashMap<Key, Nanos>>);

impl StateStore for Callers {
    type Key = Key;

    fn measure_and_replace<T, F, E>(&self, key: &Key, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut callers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = callers.len() < MOST_CALLERS || callers.contains_key(key);
        let key = if known { key } else { &Key::Anybody };
        let (outcome, state) = measure(callers.get(key).copied())?;
        match callers.get_mut(key) {
            Some(before) => *before = state,
            None => drop(callers.insert(key.clone(), state)),
        }
        Ok(outcome)
    }
}

impl ShrinkableKeyedStateStore<Key> for Callers {
    fn retain_recent(&self, drop_below: Nanos) {
        let mut callers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        callers.retain(|_, state| *state > drop_below);
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_known_by_its_host() {
        let address = |text: &str| Key::Address(text.parse().unwrap());
        for (peer, key) in [
            ("ipv4:127.0.0.1:40312", address("127.0.0.1")),
            ("ipv6:%5B::1%5D:40312", address("::")),
            ("ipv6:[2001:db8:1:2:3:4:5:6]:1", address("2001:db8:1:2::")),
            ("ipv6:%5B::ffff:10.0.0.7%5D:1", address("10.0.0.7")),
            ("ipv6:%5Bfe80::1%25eth0%5D:1", address("fe80::")),
            ("unix:", Key::Peer("unix:".into())),
        ] {
            assert_eq!(Key::of_peer(peer.into()), key, "{peer}");
        }
    }

    #[test]
    fn callers_beyond_the_most_share_one_allowance() {
        let one = NonZeroU32::MIN;
        let limit = RateLimit::per_caller(one);
        let allowed = |n: u32| limit.limiter.check_key(&Key::Address(IpAddr::V4(n.into()))).is_ok();
        let first = 0..MOST_CALLERS as u32;
        assert!(first.clone().all(allowed), "each has an allowance of its own");
        assert!(allowed(1 << 20), "the first of the others has theirs");
        assert!(!allowed(1 << 21), "the second finds it used");
        assert!(limit.limiter.len() <= MOST_CALLERS + 1);
    }
}
