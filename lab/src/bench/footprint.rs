//! What a worker's program costs before it does anything: start, size, build, instructions.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::contestant::Contestant;
use super::figure::Figure;
use super::h2load::Caller;
use super::record::Readings;
use super::testbed::Testbed;
use super::usage;
use super::worker::Worker;
use super::workload::{Load, Requests};
use crate::interop::run::HOST;
use crate::peer::command::program;
use crate::process::{Launch, Process};

/// The longest that a start may take.
const START: Duration = Duration::from_secs(30);

/// The longest that a build may take.
const BUILD: Duration = Duration::from_secs(30 * 60);

/// How long one attempt to connect may take.
const ATTEMPT: Duration = Duration::from_millis(10);

/// Callgrind slows a program down fifty times.
const SLOW: Duration = Duration::from_secs(60);

/// The calls that are counted in turn: what both have in common, such as the connection, is not the
/// calls'.
const FEW: usize = 500;
const MANY: usize = 2_500;

/// From the program's start until it takes connections.
pub fn start(testbed: &Testbed, contestant: &Contestant) -> Result<Readings, String> {
    let began = Instant::now();
    let (process, _) = launch(testbed, contestant, &[], START)?;
    let mut readings = Readings::default();
    readings.put(Figure::StartTime, Some(began.elapsed().as_secs_f64() * 1e3));
    readings.put(Figure::ServerMemory, Some(usage::resident_memory(process.pid())));
    Ok(readings)
}

/// The program on the disk, with the shared libraries that it loads.
pub fn size(contestant: &Contestant) -> Result<Readings, String> {
    let name = contestant.worker.program.as_ref().ok_or("its peer.toml names no program")?;
    let path = contestant.peer.folder.join(name);
    let bytes = length(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let libraries = libraries(&path);
    let mut readings = Readings::default();
    readings.put(Figure::ProgramSize, Some((bytes + libraries) as f64 / 1e6));
    Ok(readings)
}

/// A build from nothing.
pub fn build(testbed: &Testbed, contestant: &Contestant) -> Result<Readings, String> {
    let build = contestant.worker.clean_build.as_ref();
    let build = build.ok_or("its peer.toml has no clean_build")?;
    let folder = testbed.logs.join(format!("{}.build", contestant.name));
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let values = testbed.values(&contestant.peer, 0).with("folder", folder.display());
    let log = testbed.log(contestant, "clean-build");
    let launch = Launch {
        command: &build.fill(&values),
        folder: &contestant.peer.folder,
        stdout: &log,
        stderr: &log,
    };
    let began = Instant::now();
    crate::peer::prepare::to_its_end(&launch, &testbed.children, BUILD)?;
    let mut readings = Readings::default();
    readings.put(Figure::BuildTime, Some(began.elapsed().as_secs_f64()));
    fs::remove_dir_all(&folder).unwrap_or_default();
    Ok(readings)
}

/// The instructions of a call: those of many less those of few. What the program does when it
/// starts and when it ends is not counted.
pub fn instructions(
    testbed: &Testbed,
    contestant: &Contestant,
    requests: &Requests,
    load: Load,
) -> Result<Readings, String> {
    let counts = testbed.logs.join(format!("{}.callgrind", contestant.name));
    let file = format!("--callgrind-out-file={}", counts.display());
    let (process, address) =
        launch(testbed, contestant, &["valgrind", "--tool=callgrind", &file], SLOW)?;
    let server = Worker::at(&address).serve(requests.tls)?;
    let caller = Caller::new(testbed, requests, false, server.port)?;
    control(&process, "--zero")?;
    let mut counted = [0.0; 2];
    for (nth, (count, calls)) in counted.iter_mut().zip([FEW, MANY]).enumerate() {
        caller.calls(calls, load)?;
        control(&process, "--dump")?;
        *count = total(&counts.with_extension(format!("callgrind.{}", nth + 1)))?;
    }
    server.finish()?;
    process.terminate(SLOW);
    let [few, many] = counted;
    if many <= few {
        return Err(format!(
            "callgrind counted {few} instructions for {FEW} calls, {many} for {MANY}"
        ));
    }
    let mut readings = Readings::default();
    readings.put(Figure::Instructions, Some((many - few) / (MANY - FEW) as f64));
    Ok(readings)
}

/// Makes callgrind restart its count, after it has written what it counted with `--dump`.
fn control(process: &Process, action: &str) -> Result<(), String> {
    let (program, pid) = ("callgrind_control", process.pid().to_string());
    let output = Command::new(program).args([action, &pid]).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    match output.status.success() && !said.contains("Error") {
        true => Ok(()),
        false => Err(format!("{program} {action}: {}", said.trim())),
    }
}

/// What callgrind has counted, from the file that it wrote.
fn total(path: &Path) -> Result<f64, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let line = text.lines().find_map(|line| line.strip_prefix("totals: "));
    let count = line.and_then(|it| it.trim().parse().ok());
    count.ok_or_else(|| format!("callgrind counted nothing ({})", path.display()))
}

/// Starts a worker, perhaps under another program, and waits until it takes connections.
fn launch(
    testbed: &Testbed,
    contestant: &Contestant,
    under: &[&str],
    limit: Duration,
) -> Result<(Process, String), String> {
    let port = testbed.ports.reserve()?;
    let mut worker = contestant.worker.worker.fill(&testbed.values(&contestant.peer, port));
    if !under.is_empty() {
        worker[0] = program(&worker[0], &contestant.peer.folder).display().to_string();
    }
    let command: Vec<_> = under.iter().map(ToString::to_string).chain(worker).collect();
    let (log, folder) = (testbed.log(contestant, "start"), &contestant.peer.folder);
    let launch = Launch { command: &command, folder, stdout: &log, stderr: &log };
    let began = Instant::now();
    let mut process = testbed.children.start(&launch)?;
    let address = SocketAddr::new(HOST.parse().expect("an address"), port);
    while TcpStream::connect_timeout(&address, ATTEMPT).is_err() {
        if let Some(ending) = process.wait(Instant::now()) {
            return Err(format!("ended with {ending} (log: {})", log.display()));
        }
        if began.elapsed() > limit {
            return Err(format!("accepts no connection after {limit:?} (log: {})", log.display()));
        }
    }
    Ok((process, address.to_string()))
}

/// The length of a file, or of all files in a folder.
fn length(path: &Path) -> std::io::Result<u64> {
    if path.is_file() {
        return Ok(fs::metadata(path)?.len());
    }
    fs::read_dir(path)?.map(|entry| length(&entry?.path())).sum()
}

/// The length of the shared libraries that a program loads; 0 if it loads none, or is no program.
fn libraries(program: &Path) -> u64 {
    let output = Command::new("ldd").arg(program).output();
    let text = output.map(|it| String::from_utf8_lossy(&it.stdout).into_owned());
    let text = text.unwrap_or_default();
    let paths = text.split_whitespace().filter(|word| word.starts_with('/'));
    paths.filter_map(|path| fs::metadata(path).ok()).map(|it| it.len()).sum()
}
