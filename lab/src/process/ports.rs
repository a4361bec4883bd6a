//! Ports for servers: no two get the same one.

use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below those that the system gives to outgoing connections: a client can't take a port between
/// its reservation and the server's start, and nothing can connect to itself.
const RANGE: Range<u16> = 16_384..32_768;

/// Hands out ports of the loopback address, each once.
pub struct Ports(AtomicU16);

impl Ports {
    /// Begins somewhere: two labs on one machine should rarely try the same ports.
    pub fn new() -> Self {
        let size = u32::from(RANGE.end - RANGE.start);
        let offset = process::id().wrapping_mul(61) % size;
        Self(AtomicU16::new(RANGE.start + offset as u16))
    }

    /// A port that nobody listens on, and that is handed out for the first time.
    pub fn reserve(&self) -> Result<u16, String> {
        let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
        let mut candidates = RANGE.map(|_| self.advance());
        candidates.find(is_free).ok_or_else(|| "no port is free".into())
    }

    fn advance(&self) -> u16 {
        let next = |port| Some(if port + 1 == RANGE.end { RANGE.start } else { port + 1 });
        // The closure is never `None`.
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap_or(RANGE.start)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_get_the_same() {
        let ports = Ports::new();
        let reserved: BTreeSet<_> = (0..100).map(|_| ports.reserve().unwrap()).collect();
        assert_eq!(reserved.len(), 100);
        assert!(reserved.iter().all(|port| RANGE.contains(port)));
    }

    #[test]
    fn a_port_in_use_is_passed_over() {
        let ports = Ports(AtomicU16::new(RANGE.end - 1));
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, RANGE.end - 1));
        let reserved = ports.reserve().unwrap();
        assert_ne!(reserved, RANGE.end - 1);
        drop(taken);
    }
}
