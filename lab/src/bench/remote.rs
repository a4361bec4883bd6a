//! Workers that run already, on other machines, as gRPC's own driver has them.

use std::time::Duration;

use super::calls::{self, Setup};
use super::record::{Contestant, Outcome, Readings, Sample, Unmeasured};
use super::testbed::Testbed;
use super::worker::Worker;
use super::workload::{Calls, Task};

/// A server and a client, by address.
pub struct Remote {
    server: String,
    client: String,
}

impl Remote {
    /// Of `QPS_WORKERS`: the first one serves, the second one calls.
    pub fn of(workers: &[String]) -> Result<Self, String> {
        match workers {
            [server, client] if [server, client].iter().all(|it| it.contains(':')) => {
                Ok(Self { server: server.clone(), client: client.clone() })
            }
            _ => Err("give two workers, HOST:PORT,HOST:PORT: a server and a client".into()),
        }
    }

    /// The server, which stands for both where one name is wanted.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// The calls of a task that can be measured there: only those of workers alone.
    pub fn calls(task: &Task) -> Option<&Calls> {
        let is_alone = |it: &&Calls| it.delay.is_none() && it.share.is_none() && !task.case.pinned;
        task.kind.calls().filter(is_alone)
    }

    /// What records say of them.
    pub fn contestants(&self) -> Vec<Contestant> {
        let settings = "as they were started: QPS_WORKERS";
        let described = |name: &String| Contestant {
            name: name.clone(),
            stack: "unknown".into(),
            language: "unknown".into(),
            version: Some("unknown".into()),
            no_run: None,
            settings: settings.into(),
            again: None,
        };
        vec![described(&self.server), described(&self.client)]
    }

    /// Measures a task once.
    pub fn sample(&self, testbed: &Testbed, task: &Task, calls: &Calls, round: usize) -> Sample {
        let outcome = match self.measure(calls, testbed.length(task.seconds)) {
            Ok(readings) => Outcome::Measured(readings),
            Err(unmeasured) => unmeasured.into(),
        };
        let (case, client, server) =
            (task.case.id.clone(), self.client.clone(), self.server.clone());
        Sample { case, client, server, round, outcome }
    }

    fn measure(&self, calls: &Calls, length: Duration) -> Result<Readings, Unmeasured> {
        let [server, client] = [&self.server, &self.client].map(|it| Worker::at(it));
        let mut serving = server.serve(calls.tls)?;
        let target = format!("{}:{}", server.host(), serving.port);
        let setup = Setup {
            client: &client,
            server: &server,
            serving: &mut serving,
            target,
            is_relayed: false,
            offered: None,
        };
        let readings = calls::sample(calls, setup, length);
        let ended = serving.finish();
        let readings = readings?;
        ended?;
        Ok(readings)
    }
}
