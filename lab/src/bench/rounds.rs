//! Rounds: in each, every pair is measured once, and every second round goes backwards, so that what
//! drifts on the machine hits all alike.

use std::collections::HashMap;
use std::time::Duration;

use super::calls::{self, Setup};
use super::contestant::{self, Contestant};
use super::figure::Figure;
use super::h2load::Caller;
use super::record::{Outcome, Readings, Sample, Unmeasured};
use super::testbed::Testbed;
use super::worker::{Serving, Worker};
use super::workload::{Calls, Kind, Load, Task};
use super::{footprint, h2load, idle};
use crate::peer::Role;

/// What is in flight while the highest rate is sought, of which the open loop has a share.
const HIGHEST: Load = Load { in_flight: 100, connections: 1 };

/// What a sample takes besides its own length: set-up and warm-up, about.
const AROUND: Duration = Duration::from_millis(900);

/// The client of samples whose calls the lab makes itself.
const LAB: &str = "lab";

/// Client and server.
type Pair<'a> = (&'a Contestant, &'a Contestant);

/// A task that is being measured.
struct Measurement<'a> {
    testbed: &'a Testbed,
    task: &'a Task,
    workers: HashMap<(&'a str, Role), Worker>,
    /// The highest rate of the reference, once it is known.
    highest: Option<f64>,
}

/// Measures a task over its pairs, and reports each sample.
pub fn run<'a>(
    testbed: &'a Testbed,
    task: &'a Task,
    contestants: &'a [Contestant],
    rounds: usize,
    mut report: impl FnMut(Sample),
) {
    let pairs = contestant::pairs(task, contestants);
    let mut measurement = Measurement { testbed, task, workers: HashMap::new(), highest: None };
    for round in 1..=task.rounds(rounds) {
        let mut turns: Vec<_> = pairs.iter().collect();
        if round % 2 == 0 {
            turns.reverse();
        }
        for pair in turns {
            let outcome = measurement.turn(*pair);
            if testbed.stop.is_interrupted() {
                return;
            }
            let is_final = matches!(outcome, Outcome::Unsupported(_));
            if round == 1 || !is_final {
                report(measurement.sample(*pair, round, outcome));
            }
        }
    }
}

/// How many samples a task will have, and how long they will take, about.
pub fn expected(
    testbed: &Testbed,
    task: &Task,
    contestants: &[Contestant],
    rounds: usize,
) -> (usize, Duration) {
    let samples = contestant::pairs(task, contestants).len() * task.rounds(rounds);
    let each = match task.kind {
        Kind::Size => Duration::ZERO,
        Kind::Start => Duration::from_millis(200),
        Kind::Instructions(..) => Duration::from_secs(30),
        Kind::Build => Duration::from_secs(180),
        _ => testbed.length(task.seconds) + AROUND,
    };
    (samples, each * samples as u32)
}

impl<'a> Measurement<'a> {
    fn sample(&self, (client, server): Pair<'_>, round: usize, outcome: Outcome) -> Sample {
        let client = match self.task.kind {
            Kind::Calls(_) => client.name.as_str(),
            Kind::H2load(..) | Kind::Connections(_) | Kind::Instructions(..) => h2load::PROGRAM,
            Kind::IdleConnections(_) | Kind::IdleStreams(_) => LAB,
            Kind::Start | Kind::Size | Kind::Build => LAB,
        };
        let (case, client) = (self.task.case.id.clone(), client.into());
        Sample { case, client, server: server.name.clone(), round, outcome }
    }

    fn turn(&mut self, pair: Pair<'a>) -> Outcome {
        if let Some(reason) = self.obstacle(pair) {
            return Outcome::Unsupported(reason);
        }
        match self.measure(pair) {
            Ok(readings) => Outcome::Measured(readings),
            Err(Unmeasured::Broken(error)) => Outcome::Failed(self.replace(pair).unwrap_or(error)),
            Err(wrong) => wrong.into(),
        }
    }

    /// Ends the workers of a pair, so that the next turn doesn't suffer from this one, and returns
    /// how one of them ended on its own, if one did.
    fn replace(&mut self, (client, server): Pair<'a>) -> Option<String> {
        let keys = [(client, Role::Client), (server, Role::Server)];
        let mut workers =
            keys.map(|(it, role)| (it, role, self.workers.remove(&(&*it.name, role))));
        workers.iter_mut().find_map(|(it, role, worker)| {
            let ending = worker.as_mut()?.ending()?;
            Some(format!("{} as {role}: {ending}", it.name))
        })
    }

    fn obstacle(&self, (client, server): Pair<'_>) -> Option<String> {
        let case = &self.task.case.id;
        let of = |it: &Contestant, role| {
            let missing = it.version.clone().err().map(|why| format!("no-run: {why}"));
            missing.or_else(|| it.obstacle(role, case).map(Into::into))
        };
        let of_calls = |calls: &Calls| {
            let of_relay = || calls.delay.and(self.testbed.relay.as_ref().err()).cloned();
            of(client, Role::Client).or_else(of_relay)
        };
        of(server, Role::Server).or_else(|| of_calls(self.task.kind.calls()?))
    }

    fn measure(&mut self, pair: Pair<'a>) -> Result<Readings, Unmeasured> {
        let (testbed, task, (_, server)) = (self.testbed, self.task, pair);
        let caller = |requests, port| Caller::new(testbed, requests, task.case.pinned, port);
        match &task.kind {
            Kind::Calls(calls) => self.calls(calls, pair),
            Kind::H2load(requests, load) => {
                self.served(server, requests.tls, |worker, port, length| {
                    caller(requests, port)?.sample(*load, worker, length)
                })
            }
            Kind::Connections(requests) => {
                self.served(server, requests.tls, |worker, port, length| {
                    caller(requests, port)?.connections(worker, length)
                })
            }
            Kind::IdleConnections(number) => {
                self.served_anew(server, |worker, port| idle::connections(*number, worker, port))
            }
            Kind::IdleStreams(number) => {
                self.served_anew(server, |worker, port| idle::streams(*number, worker, port))
            }
            Kind::Instructions(requests, load) => {
                Ok(footprint::instructions(testbed, server, requests, *load)?)
            }
            Kind::Start => Ok(footprint::start(testbed, server)?),
            Kind::Size => Ok(footprint::size(server)?),
            Kind::Build => Ok(footprint::build(testbed, server)?),
        }
    }

    fn calls(&mut self, calls: &Calls, pair: Pair<'a>) -> Result<Readings, Unmeasured> {
        let offered = match calls.share {
            Some(share) => Some(share * self.highest(calls, pair)?),
            None => None,
        };
        self.call(calls, pair, offered, self.testbed.length(self.task.seconds))
    }

    /// The highest rate of the reference, whose turn is the first: everybody is offered the same.
    fn highest(&mut self, calls: &Calls, pair: Pair<'a>) -> Result<f64, Unmeasured> {
        if let Some(highest) = self.highest {
            return Ok(highest);
        }
        let calls = Calls { load: HIGHEST, share: None, ..calls.clone() };
        let readings = self.call(&calls, pair, None, self.testbed.length(None))?;
        self.highest = readings.figures.get(&Figure::Rate).copied();
        self.highest.ok_or_else(|| "no rate to offer a share of".to_owned().into())
    }

    fn call(
        &mut self,
        calls: &Calls,
        (client, server): Pair<'a>,
        offered: Option<f64>,
        length: Duration,
    ) -> Result<Readings, Unmeasured> {
        let mut serving = self.serve(server, calls.tls)?;
        let result = self.call_served(calls, (client, server), &mut serving, offered, length);
        finish(serving, result)
    }

    fn call_served(
        &mut self,
        calls: &Calls,
        (client, server): Pair<'a>,
        serving: &mut Serving,
        offered: Option<f64>,
        length: Duration,
    ) -> Result<Readings, Unmeasured> {
        self.start(client, Role::Client)?;
        let client = self.worker(client, Role::Client)?;
        let server = self.worker(server, Role::Server)?;
        let relaying =
            calls.delay.map(|delay| self.testbed.relay(serving.port, delay)).transpose()?;
        let direct = format!("{}:{}", server.host(), serving.port);
        let target = relaying.as_ref().map_or(direct, |it| it.address.clone());
        let is_relayed = relaying.is_some();
        calls::sample(calls, Setup { client, server, serving, target, is_relayed, offered }, length)
    }

    /// A sample of a server that the lab or a tool calls.
    fn served(
        &mut self,
        server: &'a Contestant,
        tls: bool,
        act: impl FnOnce(&Worker, u16, Duration) -> Result<Readings, String>,
    ) -> Result<Readings, Unmeasured> {
        let length = self.testbed.length(self.task.seconds);
        let serving = self.serve(server, tls)?;
        let worker = self.worker(server, Role::Server);
        let result = worker.and_then(|worker| act(worker, serving.port, length));
        finish(serving, result.map_err(Unmeasured::from))
    }

    /// A sample of a server in a process of its own: one gives memory back late, or never.
    fn served_anew(
        &mut self,
        server: &'a Contestant,
        act: impl FnOnce(&Worker, u16) -> Result<Readings, String>,
    ) -> Result<Readings, Unmeasured> {
        self.workers.clear();
        self.served(server, false, |worker, port, _| act(worker, port))
    }

    fn serve(&mut self, server: &'a Contestant, tls: bool) -> Result<Serving, String> {
        self.start(server, Role::Server)?;
        let serving = self.worker(server, Role::Server)?.serve(tls);
        serving.map_err(|error| format!("{}'s server: {error}", server.name))
    }

    /// Starts the worker of a contestant in a role, unless it runs: it stays for all rounds.
    fn start(&mut self, contestant: &'a Contestant, role: Role) -> Result<(), String> {
        let (testbed, key) = (self.testbed, (contestant.name.as_str(), role));
        if !self.workers.contains_key(&key) {
            let worker = Worker::start(testbed, contestant, role, self.task.case.pinned);
            let worker = worker.map_err(|error| format!("{}: {error}", contestant.name))?;
            self.workers.insert(key, worker);
        }
        Ok(())
    }

    fn worker(&self, contestant: &'a Contestant, role: Role) -> Result<&Worker, String> {
        let worker = self.workers.get(&(contestant.name.as_str(), role));
        worker.ok_or_else(|| format!("{}: its worker is not running", contestant.name))
    }
}

/// A result, with the server ended.
fn finish<T>(serving: Serving, result: Result<T, Unmeasured>) -> Result<T, Unmeasured> {
    let ended = serving.finish().map_err(|error| format!("server: {error}"));
    result.and_then(|value| Ok(ended.map(|()| value)?))
}
