//! Starting children, and ending all of them at once.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{ChildStdout, Command, Stdio};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use rustix::process::{Pid, Resource, Rlimit, Signal, WaitId, WaitIdOptions, prlimit, waitid};

use super::guard::Guard;
use super::{Process, kill};
use crate::peer::command::program;

/// Lines that may wait to be read. A child that writes more is held up.
const LINES_AHEAD: usize = 1024;

/// The longest line; a longer one comes in pieces.
const LONGEST_LINE: u64 = 64 << 10;

/// The largest file that a child may write: one that writes without end must not fill the disk.
const LARGEST_FILE: u64 = 1 << 30;

/// Some stacks would look for the loopback address behind the machine's proxy.
const NO_PROXY: (&str, &str) = ("no_grpc_proxy", "127.0.0.1");

/// What to start, and where its output goes. Output that comes twice to one path is one log.
pub struct Launch<'a> {
    /// The command.
    pub command: &'a [String],
    /// The folder it runs in.
    pub folder: &'a Path,
    /// Where standard output goes.
    pub stdout: &'a Path,
    /// Where standard error goes.
    pub stderr: &'a Path,
}

/// All children that are alive.
#[derive(Clone, Default)]
pub struct Children(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    guard: Option<Guard>,
}

#[derive(Default)]
struct State {
    groups: HashSet<Pid>,
    closed: bool,
}

impl Children {
    /// Children that end even if this process is killed.
    pub fn guarded() -> std::io::Result<Self> {
        Ok(Self(Arc::new(Shared { guard: Some(Guard::start()?), ..Shared::default() })))
    }

    /// Starts a process whose output goes to its logs.
    pub fn start(&self, launch: &Launch<'_>) -> Result<Process, String> {
        let (stdout, stderr) = launch.logs()?;
        self.spawn(launch, Stdio::from(stdout), stderr, None)
    }

    /// Starts a process whose output is read as well, line by line.
    pub fn start_talking(&self, launch: &Launch<'_>) -> Result<Process, String> {
        let (stdout, stderr) = launch.logs()?;
        self.spawn(launch, Stdio::piped(), stderr, Some(stdout))
    }

    /// Kills all of them, and starts no more.
    pub fn end(&self) {
        let mut state = self.0.lock();
        state.closed = true;
        state.groups.iter().for_each(|&group| kill(group, Signal::KILL));
    }

    fn spawn(
        &self,
        launch: &Launch<'_>,
        stdout: Stdio,
        stderr: File,
        copy: Option<File>,
    ) -> Result<Process, String> {
        let cannot = |error| format!("can't start {}: {error}", launch.command[0]);
        let mut command = self.command(launch).map_err(cannot)?;
        command.env(NO_PROXY.0, NO_PROXY.1);
        command.args(&launch.command[1..]).current_dir(launch.folder).process_group(0);
        command.stdout(stdout).stderr(stderr);
        // Held until the group is in the set: `end` must not miss it.
        let mut state = self.0.lock();
        if state.closed {
            return Err("interrupted".into());
        }
        let mut child = command.spawn().map_err(cannot)?;
        let group = Pid::from_child(&child);
        state.groups.insert(group);
        drop(state);
        limit_files(group);
        let (sender, lines) = sync_channel(LINES_AHEAD);
        if let (Some(stdout), Some(copy)) = (child.stdout.take(), copy) {
            let sender = sender.clone();
            thread::spawn(move || pass_on_lines(stdout, copy, &sender));
        }
        let waiter = thread::spawn(move || {
            wait_for_end(group);
            drop(sender);
        });
        Ok(Process { child, group, lines, waiter: Some(waiter), children: self.clone() })
    }

    /// The program, without its arguments.
    fn command(&self, launch: &Launch<'_>) -> std::io::Result<Command> {
        let program = program(&launch.command[0], launch.folder);
        match &self.0.guard {
            Some(guard) => guard.command(&program),
            None => {
                let mut command = Command::new(program);
                command.stdin(Stdio::null());
                Ok(command)
            }
        }
    }

    pub(super) fn forget(&self, group: Pid) {
        self.0.lock().groups.remove(&group);
        self.0.guard.iter().for_each(|guard| guard.forget(group));
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Launch<'_> {
    fn logs(&self) -> Result<(File, File), String> {
        let stdout = create(self.stdout)?;
        let stderr = if self.stdout == self.stderr {
            stdout.try_clone().map_err(|error| format!("{}: {error}", self.stderr.display()))?
        } else {
            create(self.stderr)?
        };
        Ok((stdout, stderr))
    }
}

/// A new log. What an earlier run left in its place goes.
fn create(path: &Path) -> Result<File, String> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::remove_file(path).unwrap_or_default();
    let file = fs::create_dir_all(folder)
        .and_then(|()| File::options().create_new(true).append(true).open(path));
    file.map_err(|error| format!("{}: {error}", path.display()))
}

/// Without the limit, a child is still ended when its time is up.
fn limit_files(child: Pid) {
    let limit = Rlimit { current: Some(LARGEST_FILE), maximum: Some(LARGEST_FILE) };
    prlimit(Some(child), Resource::Fsize, limit).map(drop).unwrap_or_default();
}

/// Waits until the group's leader has ended, and ends what it leaves behind.
///
/// It leaves the leader to be reaped by its owner: as long as that hasn't happened, the group's
/// number can't be anybody else's.
fn wait_for_end(group: Pid) {
    let leader = || waitid(WaitId::Pid(group), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
    while matches!(leader(), Err(rustix::io::Errno::INTR)) {}
    kill(group, Signal::KILL);
}

fn pass_on_lines(stdout: ChildStdout, mut copy: File, sender: &SyncSender<String>) {
    let mut reader = BufReader::new(stdout);
    let mut line = Vec::new();
    loop {
        line.clear();
        match reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        // A log that can't be written must not change what is seen.
        copy.write_all(&line).unwrap_or_default();
        let text = String::from_utf8_lossy(&line);
        if sender.send(text.trim_end_matches(['\r', '\n']).into()).is_err() {
            return;
        }
    }
}
