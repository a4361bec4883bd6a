//! Samples by h2load, a client that belongs to none of the contestants.
//!
//! It counts a call as good when its HTTP status is; whether gRPC's is too shows in the length of
//! the answers.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use protobuf::{Message, MessageField};

use super::figure::Figure;
use super::messages::messages::{Payload, SimpleRequest, SimpleResponse};
use super::record::Readings;
use super::testbed::Testbed;
use super::usage::{self, Usage};
use super::worker::Worker;
use super::workload::{Load, Requests};
use crate::interop::run::HOST;
use crate::peer::Role;

/// The program, from nghttp2.
pub const PROGRAM: &str = "h2load";

/// The longest that one of its runs may take.
const LIMIT: Duration = Duration::from_secs(60);

/// The calls of the run that warms the server up and shows how fast it is.
const FIRST: usize = 5_000;

/// The connections that are opened at once.
const CONNECTIONS: usize = 500;

/// What h2load prints at the end of a run.
#[derive(Debug, PartialEq)]
struct Summary {
    seconds: f64,
    calls: usize,
    received: f64,
}

/// A server, and how h2load calls it.
pub struct Caller<'a> {
    testbed: &'a Testbed,
    requests: &'a Requests,
    is_pinned: bool,
    port: u16,
    body: PathBuf,
    log: PathBuf,
}

impl<'a> Caller<'a> {
    /// Of the server at a port of this machine.
    pub fn new(
        testbed: &'a Testbed,
        requests: &'a Requests,
        is_pinned: bool,
        port: u16,
    ) -> Result<Self, String> {
        let body = testbed.logs.join(format!("request-{}.bin", requests.size));
        let log = testbed.logs.join(format!("{PROGRAM}.log"));
        fs::write(&body, request(requests.size)?)
            .map_err(|error| format!("{}: {error}", body.display()))?;
        Ok(Self { testbed, requests, is_pinned, port, body, log })
    }

    /// Calls for about so long.
    pub fn sample(
        &self,
        load: Load,
        server: &Worker,
        length: Duration,
    ) -> Result<Readings, String> {
        let first = self.call(FIRST, load)?;
        let calls = (FIRST as f64 / first.seconds * length.as_secs_f64()) as usize;
        server.pid().into_iter().for_each(usage::reset_peak_memory);
        let before = server.usage();
        let run = self.call(calls.max(FIRST / 10), load)?;
        Ok(readings(&[run], server, before))
    }

    /// Opens connections for about so long.
    pub fn connections(&self, server: &Worker, length: Duration) -> Result<Readings, String> {
        let load = Load { in_flight: CONNECTIONS, connections: CONNECTIONS };
        self.call(CONNECTIONS, load)?;
        server.pid().into_iter().for_each(usage::reset_peak_memory);
        let (before, began, mut runs) = (server.usage(), Instant::now(), Vec::new());
        while began.elapsed() < length {
            runs.push(self.call(CONNECTIONS, load)?);
        }
        Ok(readings(&runs, server, before))
    }

    /// Makes so many calls, one after the other, however long that takes.
    pub fn calls(&self, calls: usize, load: Load) -> Result<(), String> {
        self.call(calls, load).map(drop)
    }

    fn call(&self, calls: usize, load: Load) -> Result<Summary, String> {
        let command = Testbed::on_core(Role::Client, self.is_pinned, self.command(calls, load));
        let output = self.testbed.tool(&command, &self.log, LIMIT);
        let output = output.map_err(|error| format!("{PROGRAM}: {error}"))?;
        let summary = Summary::parse(&output)?;
        let expected = calls * answer_length(self.requests.size);
        match (summary.calls, data(&output)) {
            (good, _) if good < calls => Err(format!("{} of {calls} calls failed", calls - good)),
            (_, data) if data < expected => {
                Err(format!("the answers have {data} bytes instead of {expected}"))
            }
            _ => Ok(summary),
        }
    }

    fn command(&self, calls: usize, load: Load) -> Vec<String> {
        let per_connection = (load.in_flight / load.connections).to_string();
        let (calls, connections) = (calls.to_string(), load.connections.to_string());
        let scheme = if self.requests.tls { "https" } else { "http" };
        let body = self.body.display().to_string();
        let words = [PROGRAM, "-n", &calls, "-c", &connections, "-m", &per_connection, "-d", &body];
        let mut command: Vec<_> = words.map(String::from).into();
        let fields = (1..=self.requests.metadata).map(|n| format!("x-field-{n}: value number {n}"));
        let fields = ["te: trailers", "content-type: application/grpc"]
            .map(String::from)
            .into_iter()
            .chain(fields);
        command.extend(fields.flat_map(|field| ["-H".into(), field]));
        let method = "grpc.testing.BenchmarkService/UnaryCall";
        command.push(format!("{scheme}://{HOST}:{}/{method}", self.port));
        command
    }
}

fn readings(runs: &[Summary], server: &Worker, before: Option<Usage>) -> Readings {
    let used = server.usage().zip(before).map(|(after, before)| after - before);
    let calls = runs.iter().map(|it| it.calls).sum::<usize>() as f64;
    let mut readings = Readings::default();
    readings.put(Figure::Rate, Some(calls / runs.iter().map(|it| it.seconds).sum::<f64>()));
    readings.put(Figure::ServerCpu, used.map(|it| it.cpu * 1e6 / calls));
    readings.put(Figure::ServerSwitches, used.map(|it| it.switches / calls));
    readings.put(Figure::ServerMemory, server.pid().map(usage::peak_memory));
    let received = runs.iter().map(|it| it.received).sum::<f64>();
    readings.put(Figure::BytesReceived, Some(received / calls));
    readings
}

/// A request with a body of this size that asks for one in return, as it is sent.
fn request(size: usize) -> Result<Vec<u8>, String> {
    let payload = Payload { body: vec![0; size], ..Payload::new() };
    let request = SimpleRequest {
        response_size: size as i32,
        payload: MessageField::some(payload),
        ..SimpleRequest::new()
    };
    let message = request.write_to_bytes().map_err(|error| error.to_string())?;
    Ok([&[0], &(message.len() as u32).to_be_bytes()[..], &message].concat())
}

/// The least length of an answer with its head: some send an empty body as none.
fn answer_length(size: usize) -> usize {
    let payload = Payload { body: vec![0; size], ..Payload::new() };
    let payload = if size == 0 { MessageField::none() } else { MessageField::some(payload) };
    let response = SimpleResponse { payload, ..SimpleResponse::new() };
    5 + response.compute_size() as usize
}

impl Summary {
    /// Reads what h2load prints.
    fn parse(output: &str) -> Result<Self, String> {
        let unknown = || format!("{PROGRAM} printed what the lab can't read: {output}");
        let seconds = word_after(output, "finished in ").and_then(seconds).ok_or_else(unknown)?;
        let succeeded = output.split(" succeeded").next().and_then(|it| it.rsplit(' ').next());
        let calls = succeeded.and_then(|it| it.parse().ok()).ok_or_else(unknown)?;
        let received = in_brackets(output, "traffic: ").ok_or_else(unknown)?;
        Ok(Self { seconds, calls, received })
    }
}

fn word_after<'a>(text: &'a str, before: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split([',', ' ', '\n']).next()
}

/// `1.53s`, `48.62ms`, `912us`.
fn seconds(text: &str) -> Option<f64> {
    let split = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(split);
    let scale = match unit {
        "s" => 1.0,
        "ms" => 1e-3,
        "us" => 1e-6,
        _ => return None,
    };
    Some(number.parse::<f64>().ok()? * scale)
}

/// The number in the first brackets after a text.
fn in_brackets(text: &str, before: &str) -> Option<f64> {
    let (_, rest) = text.split_once(before)?;
    let (_, rest) = rest.split_once('(')?;
    rest.split(')').next()?.parse().ok()
}

/// The bytes of all answers: the last brackets of the traffic's line.
fn data(output: &str) -> usize {
    let line = output.lines().find(|line| line.starts_with("traffic: ")).unwrap_or_default();
    let last = line.rsplit('(').next().and_then(|it| it.split(')').next());
    last.and_then(|it| it.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
finished in 48.62ms, 102838.34 req/s, 2.87MB/s
requests: 5000 total, 5000 started, 5000 done, 4990 succeeded, 10 failed, 0 errored, 0 timeout
status codes: 4990 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 142.81KB (146233) total, 68.57KB (70220) headers (space savings 90.25%), 24.37KB (24950) data
";

    #[test]
    fn what_it_prints_is_read() {
        let summary = Summary::parse(OUTPUT).unwrap();
        assert!((summary.seconds - 0.04862).abs() < 1e-9, "{summary:?}");
        assert_eq!((summary.calls, summary.received), (4990, 146_233.0));
        assert_eq!(data(OUTPUT), 24_950);
        let error = Summary::parse("Killed").unwrap_err();
        assert_eq!(error, "h2load printed what the lab can't read: Killed");
    }

    #[test]
    fn a_body_has_its_length_in_front() {
        assert_eq!(answer_length(0), 5);
        assert_eq!(answer_length(1024), 5 + 3 + 3 + 1024);
        assert_eq!(request(0).unwrap(), [0, 0, 0, 0, 2, 26, 0]);
    }
}
