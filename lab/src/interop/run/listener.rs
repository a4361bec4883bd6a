//! A process that listens.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::HOST;
use crate::process::{Children, Launch, Process, log_tail};

/// How long one may take to start.
const READY: Duration = Duration::from_secs(30);

/// How long it may take to end.
const GRACE: Duration = Duration::from_secs(1);

/// The time between two attempts to connect, in which its end is waited for.
const ATTEMPT: Duration = Duration::from_millis(10);

/// A server, or a proxy: it has accepted a connection.
pub struct Listener {
    /// What it is, for people.
    what: &'static str,
    process: Process,
    log: PathBuf,
}

impl Listener {
    /// Starts it and waits until it is ready.
    pub fn start(
        children: &Children,
        what: &'static str,
        launch: &Launch<'_>,
        port: u16,
        limit: Option<Duration>,
    ) -> Result<Self, String> {
        let process = children.start(launch)?;
        let mut listener = Self { what, process, log: launch.stderr.into() };
        listener.wait_until_ready(port, limit.unwrap_or(READY))?;
        Ok(listener)
    }

    fn wait_until_ready(&mut self, port: u16, limit: Duration) -> Result<(), String> {
        let address: SocketAddr = format!("{HOST}:{port}").parse().expect("an address");
        let deadline = Instant::now() + limit;
        let what = self.what;
        while TcpStream::connect_timeout(&address, ATTEMPT).is_err() {
            if let Some(ending) = self.process.wait(Instant::now() + ATTEMPT) {
                let word = self.last_word();
                return Err(format!("{what} ended with {ending} before it was ready{word}"));
            }
            if Instant::now() > deadline {
                let limit = humantime::format_duration(limit);
                return Err(format!("{what} was not ready after {limit}{}", self.last_word()));
            }
        }
        Ok(())
    }

    /// How it ended, if it has, or does so within this time.
    pub fn ending(&mut self, within: Duration) -> Option<String> {
        let ending = self.process.wait(Instant::now() + within)?;
        Some(format!("{} ended with {ending}{}", self.what, self.last_word()))
    }

    /// Kills it.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Ends it as an operator would.
    pub fn terminate(self) {
        self.process.terminate(GRACE);
    }

    /// The number of its process.
    pub fn pid(&self) -> i32 {
        self.process.pid()
    }

    /// How long its log is by now.
    pub fn log_length(&self) -> u64 {
        fs::metadata(&self.log).map_or(0, |log| log.len())
    }

    /// What it has logged since its log had this length.
    pub fn log_since(&self, length: u64) -> String {
        log_tail::read(&self.log, length)
    }

    fn last_word(&self) -> String {
        log_tail::last_word(&[&self.log]).map(|word| format!(": {word}")).unwrap_or_default()
    }
}
