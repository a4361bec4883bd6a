//! A client that is asked one case, and what its answer means.

use std::path::Path;
use std::time::{Duration, Instant};

use super::Lab;
use crate::interop::case::chat::report::Report;
use crate::interop::case::{Case, Judgement, Proof, Suite, Transport};
use crate::interop::verdict::Verdict;
use crate::peer::Peer;
use crate::peer::Role;
use crate::peer::command::Command;
use crate::peer::manifest::{Contract, Unsupported};
use crate::process::{Ending, Event, Launch, Process, log_tail};

/// The exit code of a client that doesn't have the case.
const UNSUPPORTED: i32 = 127;

/// The logs of a client in the folder of its cell.
pub const LOGS: [&str; 2] = ["client.err", "client.out"];

/// What a client is asked.
pub struct Question<'a> {
    /// The client.
    pub client: &'a Peer,
    /// The suite.
    pub suite: Suite,
    /// With TLS or without.
    pub transport: Transport,
    /// The case.
    pub case: &'a Case,
    /// Where the server listens.
    pub port: u16,
    /// The folder for its logs.
    pub folder: &'a Path,
}

/// What came of it.
struct Answer {
    ending: Ending,
    report: Result<Report, String>,
}

impl Question<'_> {
    /// Asks, and judges the answer. When the client has reported a first message, calls
    /// `at_first_message`.
    pub fn ask(&self, lab: &Lab, at_first_message: impl FnOnce()) -> Verdict {
        let [stderr, stdout] = LOGS.map(|name| self.folder.join(name));
        let limit = lab.limit.unwrap_or(self.case.limit);
        let (suite, _) = self.asked();
        let Some((contract, command)) = self.client.command(suite, Role::Client) else {
            let name = &self.client.name;
            return Verdict::Unsupported(format!("{name} has no client for {suite}"));
        };
        let command = self.fill(lab, contract, command);
        let launch = Launch {
            command: &command,
            folder: &self.client.folder,
            stdout: &stdout,
            stderr: &stderr,
        };
        let answer = self.start(lab, &launch).and_then(|mut process| {
            self.listen(&mut process, limit, at_first_message).map_err(|mut reason| {
                if let Some(word) = log_tail::last_word(&[&stderr]) {
                    reason += &format!("; the client's last words: {word}");
                }
                reason
            })
        });
        match answer {
            Ok(answer) => self.judge(answer, &stdout, &stderr),
            Err(reason) => Verdict::Fail(reason),
        }
    }

    /// The suite and the case as the client knows them.
    fn asked(&self) -> (Suite, &str) {
        self.case.asks.unwrap_or((self.suite, self.case.name))
    }

    fn fill(&self, lab: &Lab, contract: &Contract, command: &Command) -> Vec<String> {
        let (_, case) = self.asked();
        let values = lab.values(self.client, self.transport, self.port);
        let mut command = command.fill(&values.with("case", case));
        command.extend(self.case.flags.iter().map(ToString::to_string));
        command.extend(contract.case_flags(case));
        command
    }

    fn start(&self, lab: &Lab, launch: &Launch<'_>) -> Result<Process, String> {
        match self.case.proof {
            Proof::ExitCode | Proof::Seen(..) => lab.children.start(launch),
            Proof::Report(_) => lab.children.start_talking(launch),
        }
    }

    /// Listens until the client has ended. One that reports rubbish needn't go on.
    fn listen(
        &self,
        process: &mut Process,
        limit: Duration,
        at_first_message: impl FnOnce(),
    ) -> Result<Answer, String> {
        let deadline = Instant::now() + limit;
        let mut at_first_message = Some(at_first_message);
        let mut report = Report::default();
        loop {
            match process.next(deadline) {
                Event::Line(line) => report.take(&line)?,
                Event::End(ending) => return Ok(Answer { ending, report: report.complete() }),
                Event::Timeout => {
                    return Err(format!("timeout after {}", humantime::format_duration(limit)));
                }
            }
            if report.received() == 1
                && let Some(act) = at_first_message.take()
            {
                act();
            }
        }
    }

    fn judge(&self, answer: Answer, stdout: &Path, stderr: &Path) -> Verdict {
        let contract = self.client.manifest.contract(self.asked().0);
        let said =
            |words: &str| [stdout, stderr].iter().any(|log| log_tail::read(log, 0).contains(words));
        let own_way = contract.and_then(|contract| contract.unsupported.as_ref());
        if is_unsupported(answer.ending, own_way, said) {
            return Verdict::Unsupported(format!("{}'s client says so", self.client.name));
        }
        if !answer.ending.is_success() {
            let word = log_tail::last_word(&[stderr, stdout]).map(|word| format!(": {word}"));
            return Verdict::Fail(format!("{}{}", answer.ending, word.unwrap_or_default()));
        }
        match self.case.proof {
            Proof::ExitCode | Proof::Seen(..) => Verdict::Pass,
            Proof::Report(judge) => verdict(answer.report.and_then(|report| judge(&report))),
        }
    }
}

fn is_unsupported(
    ending: Ending,
    own_way: Option<&Unsupported>,
    said: impl Fn(&str) -> bool,
) -> bool {
    ending.code() == Some(UNSUPPORTED)
        || own_way.is_some_and(|it| ending.code() == Some(it.exit) && said(&it.output))
}

fn verdict(judgement: Judgement) -> Verdict {
    match judgement {
        Ok(()) => Verdict::Pass,
        Err(reason) => Verdict::Fail(reason),
    }
}
