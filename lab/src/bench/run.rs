//! A run: its tasks one after the other, with a record that is kept after each.

use std::time::{Duration, Instant};

use super::contestant::Contestant;
use super::record::Record;
use super::remote::Remote;
use super::rounds;
use super::testbed::Testbed;
use super::workload::Task;
use crate::exit::Failure;
use crate::progress::Progress;
use crate::report;

/// A run, and what it has found out so far.
pub struct Run<'a> {
    /// What measurements share.
    pub testbed: &'a Testbed,
    /// What is shown of it.
    pub progress: &'a Progress,
    /// How many rounds there are.
    pub rounds: usize,
    /// When it began.
    pub began: Instant,
    /// What it has found out.
    pub record: Record,
}

impl Run<'_> {
    /// Measures contestants on this machine.
    pub fn here(self, tasks: &[Task], contestants: &[Contestant]) -> Result<Record, Failure> {
        let (samples, time) = self.expected(tasks, contestants);
        let (cases, minutes) = (tasks.len(), time.as_secs().div_ceil(60));
        self.progress.say(&format!("{cases} cases, {samples} samples, about {minutes} minutes"));
        self.progress.begin(samples);
        self.over(tasks, |run, task| {
            rounds::run(run.testbed, task, contestants, run.rounds, |sample| {
                run.progress.measured(&sample, task.case.figure);
                run.record.samples.push(sample);
            });
        })
    }

    /// Measures two workers that run already, in those of the tasks that they can do.
    pub fn there(self, tasks: &[Task], remote: &Remote) -> Result<Record, Failure> {
        self.progress.begin(tasks.len() * self.rounds);
        let tasks = tasks.iter().filter_map(|it| Some((it, Remote::calls(it)?)));
        self.over(tasks, |run, (task, calls)| {
            for round in 1..=run.rounds {
                let sample = remote.sample(run.testbed, task, calls, round);
                if run.testbed.stop.is_interrupted() {
                    break;
                }
                run.progress.measured(&sample, task.case.figure);
                run.record.samples.push(sample);
            }
        })
    }

    /// Measures one task after the other, and keeps what there is after each.
    fn over<T>(
        mut self,
        tasks: impl IntoIterator<Item = T>,
        mut measure: impl FnMut(&mut Self, T),
    ) -> Result<Record, Failure> {
        for task in tasks {
            measure(&mut self, task);
            self.keep()?;
            if self.testbed.stop.is_interrupted() {
                break;
            }
        }
        self.progress.end();
        Ok(self.record)
    }

    /// How many samples there will be, and how long they will take, about.
    fn expected(&self, tasks: &[Task], contestants: &[Contestant]) -> (usize, Duration) {
        let each =
            tasks.iter().map(|it| rounds::expected(self.testbed, it, contestants, self.rounds));
        each.fold((0, Duration::ZERO), |(samples, time), it| (samples + it.0, time + it.1))
    }

    /// Keeps what there is, whatever happens next.
    fn keep(&mut self) -> Result<(), Failure> {
        self.record.seconds = self.began.elapsed().as_secs_f64().round();
        self.record.interrupted = self.testbed.stop.is_interrupted();
        report::keep(&self.record.json(), &self.testbed.logs)
    }
}
