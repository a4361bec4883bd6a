//! A second process that ends the children if this one is killed and can't do it itself.
//!
//! It reads `+GROUP` and `-GROUP` from standard input. When that closes, the lab is gone, and the
//! groups that are left are killed. A child is started as `lab child COMMAND`: it reports itself to
//! the guard before it becomes the command, so that there is no moment in which nobody knows of
//! it. (`PR_SET_PDEATHSIG` would reach the leaders of the groups only.)

use std::collections::HashSet;
use std::env;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, ChildStdin, Command, ExitCode, Stdio};
use std::sync::{Mutex, PoisonError};

use rustix::process::{Pid, Signal};

/// The subcommand that is the guard.
const GUARD: &str = "guard";

/// The subcommand that becomes another command.
const CHILD: &str = "child";

/// The exit code of a child that can't become its command: as shells have it, but for 127, which
/// means "unsupported" here.
const NOT_STARTED: u8 = 126;

/// The guard, seen from the process that it watches.
pub struct Guard {
    process: Child,
    input: Mutex<Option<ChildStdin>>,
}

impl Guard {
    /// Starts it, as this very program.
    pub fn start() -> io::Result<Self> {
        let mut process = Command::new(this_program()?)
            .arg(GUARD)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        let input = Mutex::new(process.stdin.take());
        Ok(Self { process, input })
    }

    /// A command that reports itself before it runs the program.
    pub fn command(&self, program: &Path) -> io::Result<Command> {
        let input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
        let stdin = match &*input {
            Some(input) => Stdio::from(input.as_fd().try_clone_to_owned()?),
            None => Stdio::null(),
        };
        let mut command = Command::new(this_program()?);
        command.arg(CHILD).arg(program).stdin(stdin);
        Ok(command)
    }

    /// A group that is gone.
    pub fn forget(&self, group: Pid) {
        let mut input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(input) = input.as_mut() {
            // Without a guard, the children are still ended by their owners.
            input.write_all(line('-', group).as_bytes()).unwrap_or_default();
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.input.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        self.process.wait().map(drop).unwrap_or_default();
    }
}

/// This very program, even if another one has been built in its place by now.
fn this_program() -> io::Result<PathBuf> {
    let running = PathBuf::from("/proc/self/exe");
    if running.exists() { Ok(running) } else { env::current_exe() }
}

/// One line, to be written at once: several processes write to the same pipe.
fn line(sign: char, group: Pid) -> String {
    format!("{sign}{}\n", group.as_raw_pid())
}

/// Is the guard, until standard input closes.
pub fn watch() {
    let mut groups = HashSet::new();
    for line in io::stdin().lines().map_while(Result::ok) {
        let Some((sign, group)) = line.split_at_checked(1) else { continue };
        match (sign, group.parse().ok().and_then(Pid::from_raw)) {
            ("+", Some(group)) => groups.insert(group),
            ("-", Some(group)) => groups.remove(&group),
            _ => false,
        };
    }
    groups.into_iter().for_each(|group| super::kill(group, Signal::KILL));
}

/// Becomes the command; comes back only if it can't.
pub fn child(command: &[String]) -> ExitCode {
    eprintln!("can't start {}: {}", command[0], become_command(command));
    NOT_STARTED.into()
}

/// Reports itself to the guard, which is where standard input goes, before it goes on.
fn become_command(command: &[String]) -> io::Error {
    let group = Pid::from_raw(process::id().cast_signed());
    let report = group.map(|group| line('+', group)).unwrap_or_default();
    let guard = io::stdin().as_fd().try_clone_to_owned().map(std::fs::File::from);
    // Without a guard, it is still ended by its owner.
    guard.and_then(|mut guard| guard.write_all(report.as_bytes())).unwrap_or_default();
    Command::new(&command[0]).args(&command[1..]).stdin(Stdio::null()).exec()
}
