//! The cases of a group, one after the other: the server is kept from case to case, the client is
//! started for each.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::Lab;
use super::client::{LOGS, Question};
use super::server::{Server, ServerOptions};
use crate::interop::case::{Case, Judgement, Proof};
use crate::interop::http2::ScriptedServer;
use crate::interop::http2::script::{Script, Seen};
use crate::interop::plan::Group;
use crate::interop::record::Evidence;
use crate::interop::verdict::Verdict;
use crate::process::log_tail;

/// The server's log in the folder of a cell.
const SERVER_LOG: &str = "server.log";

/// The proxy's, if there is one.
const PROXY_LOG: &str = "proxy.log";

/// A server that crashes takes the client down first: after a failure, its end is waited for.
const CRASH_GRACE: Duration = Duration::from_millis(100);

type Judge = fn(&[Seen]) -> Judgement;

/// The cases of one group, under way.
pub struct Session<'a> {
    lab: &'a Lab,
    group: &'a Group<'a>,
    server: Option<Server>,
    servers: usize,
    broken: Option<String>,
}

/// One attempt at a cell.
pub struct Attempt {
    /// What happened.
    pub verdict: Verdict,
    /// How long it took, without the server's start.
    pub duration: Duration,
    /// The folder with its logs.
    pub folder: PathBuf,
}

impl Attempt {
    /// The ends of its logs.
    pub fn evidence(&self) -> Evidence {
        let last_lines = |name: &str| {
            log_tail::last_lines(&log_tail::read(&self.folder.join(name), 0), Evidence::LINES)
        };
        Evidence {
            client: LOGS.iter().rev().flat_map(|name| last_lines(name)).collect(),
            server: last_lines(SERVER_LOG),
            proxy: last_lines(PROXY_LOG),
        }
    }
}

impl<'a> Session<'a> {
    /// Nothing is started yet.
    pub fn new(lab: &'a Lab, group: &'a Group<'a>) -> Self {
        Self { lab, group, server: None, servers: 0, broken: None }
    }

    /// The folder of a cell's logs.
    pub fn folder(&self, case: &Case) -> PathBuf {
        self.pair_folder().join(case.name)
    }

    fn pair_folder(&self) -> PathBuf {
        let Group { suite, transport, client, server, .. } = self.group;
        let (client, server) = (&client.peer.name, &server.peer.name);
        let pair = match self.group.proxy_name() {
            None => format!("{client}--{server}"),
            Some(proxy) => format!("{client}--{proxy}--{server}"),
        };
        self.lab.logs.join(suite.to_string()).join(transport.to_string()).join(pair)
    }

    /// Asks the client a case, with a server that has the case's pace.
    pub fn attempt(&mut self, case: &'static Case, folder: &Path) -> Attempt {
        let mut begun = Instant::now(); // without the start of a server
        let verdict = match case.proof {
            Proof::Seen(script, judge) => self.ask_against_script(case, folder, script, judge),
            Proof::ExitCode | Proof::Report(_) => {
                let server = self.take_server(case, folder);
                begun = Instant::now();
                server.map_or_else(Verdict::Fail, |server| self.ask(case, folder, server))
            }
        };
        Attempt { verdict, duration: begun.elapsed(), folder: folder.into() }
    }

    /// Asks the client a case against a server of the lab's own, and judges by what both report.
    fn ask_against_script(
        &self,
        case: &Case,
        folder: &Path,
        script: &'static Script,
        judge: Judge,
    ) -> Verdict {
        let log = folder.join(SERVER_LOG);
        let server = fs::create_dir_all(folder).and_then(|()| ScriptedServer::start(script, &log));
        let server = match server {
            Ok(server) => server,
            Err(error) => return Verdict::NoRun(format!("the lab's server: {error}")),
        };
        if let Err(reason) = self.honesty(server.port()) {
            return Verdict::Fail(reason);
        }
        let verdict = self.question(case, folder, server.port()).ask(self.lab, || {});
        match (verdict, judge(&server.finish())) {
            (Verdict::Pass, Err(seen)) => Verdict::Fail(seen),
            (Verdict::Fail(reason), Err(seen)) => Verdict::Fail(format!("{reason}; {seen}")),
            (verdict, _) => verdict,
        }
    }

    fn ask(&mut self, case: &'static Case, folder: &Path, mut server: Server) -> Verdict {
        if let Err(reason) = self.honesty(server.port) {
            self.server = Some(server);
            return Verdict::Fail(reason);
        }
        let before = server.log_lengths();
        let mut killed = false;
        let verdict = self.question(case, folder, server.port).ask(self.lab, || {
            if case.kills_server {
                server.kill();
                killed = true;
            }
        });
        // A log is a help; without it the verdict is the same.
        let logged = server.logs_since(before);
        fs::write(folder.join(SERVER_LOG), logged.server).unwrap_or_default();
        if let Some(log) = logged.proxy {
            fs::write(folder.join(PROXY_LOG), log).unwrap_or_default();
        }
        let pause = if verdict == Verdict::Pass { Duration::ZERO } else { CRASH_GRACE };
        match server.ending(pause) {
            Some(_) if killed => verdict,
            Some(ending) => Verdict::Fail(match verdict {
                Verdict::Fail(reason) => format!("{ending}; the client: {reason}"),
                _ => ending,
            }),
            None => {
                self.server = Some(server);
                verdict
            }
        }
    }

    fn question<'q>(&'q self, case: &'q Case, folder: &'q Path, port: u16) -> Question<'q> {
        let Group { suite, transport, client, .. } = *self.group;
        Question { client: &client.peer, suite, transport, case, port, folder }
    }

    fn honesty(&self, port: u16) -> Result<(), String> {
        let nonsense = self.group.suite.nonsense();
        let folder = self.folder(nonsense);
        let ask = || self.question(nonsense, &folder, port).ask(self.lab, || {});
        self.lab.honesty.check(self.group, ask)
    }

    /// The running server if it fits, otherwise a new one.
    fn take_server(&mut self, case: &Case, folder: &Path) -> Result<Server, String> {
        if let Some(reason) = &self.broken {
            return Err(reason.clone());
        }
        if let Some(mut server) = self.server.take() {
            if let Some(ending) = server.ending(Duration::ZERO) {
                return Err(format!("after the case before, the {ending}"));
            }
            if server.pace == case.pace {
                return Ok(server);
            }
            server.terminate();
        }
        self.servers += 1;
        let log = self.pair_folder().join(format!("server-{}.log", self.servers));
        let Group { suite, transport, server, proxy, .. } = *self.group;
        let (peer, proxy) = (&server.peer, proxy.map(|it| &it.peer));
        let options = ServerOptions { peer, proxy, suite, transport, pace: case.pace };
        Server::start(self.lab, &options, &log).inspect_err(|reason| {
            self.broken = Some(reason.clone());
            let copied =
                fs::create_dir_all(folder).and_then(|()| fs::copy(&log, folder.join(SERVER_LOG)));
            copied.map(drop).unwrap_or_default();
        })
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.terminate();
        }
    }
}
