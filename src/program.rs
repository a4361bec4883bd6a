//! What the programs `chat-server` and `chat-client` share: exit codes, version, log, flags.

use std::io::{self, Write};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use log::{LevelFilter, Log};

use crate::{json_log, text};

/// Something failed that is not one of the other codes.
pub const EXIT_FAILED: u8 = 1;
/// The command line, or the input, is wrong.
pub const EXIT_USAGE: u8 = 2;
/// Something around the program is missing or taken: a port, a file, room on the disk.
pub const EXIT_ENVIRONMENT: u8 = 3;
/// Interrupted by Ctrl-C, and ended in good order.
pub const EXIT_INTERRUPTED: u8 = 4;
/// A call failed: this plus its status code.
pub const EXIT_STATUS: u8 = 64;

/// The text of `--version`: this package, and the core that runs.
pub fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let bundles = match quartet::largest_bundle() {
            1 => String::new(),
            largest => format!(", bundles of {largest} messages"),
        };
        let (version, core) = (env!("CARGO_PKG_VERSION"), quartet::core_version());
        format!("{version} (grpcio 0.13.0, C-core {core}{bundles})")
    });
    &VERSION
}

/// How a log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// A line for people.
    #[default]
    Text,
    /// A JSON object in a line, for programs: `ts` (RFC 3339), `level`, `target`, `message`, and
    /// the key-values of the record.
    Json,
}

/// Logs to stderr, as text; `RUST_LOG` decides how much, if it is set.
pub fn log_to_stderr(level: LevelFilter) {
    log_to_stderr_as(LogFormat::Text, level);
}

/// The same in this format.
pub fn log_to_stderr_as(format: LogFormat, level: LevelFilter) {
    let mut builder = env_logger::Builder::new();
    builder.filter_level(level).parse_default_env();
    match format {
        LogFormat::Text => builder.format(write_line),
        LogFormat::Json => builder.format(json_log::write_line),
    };
    start(&mut builder, format);
}

/// Writes a record as a line for people: when (UTC), how bad, what. env_logger would do the same
/// with a library for dates, which takes longer to compile than all else that is logged with.
fn write_line(out: &mut env_logger::fmt::Formatter, record: &log::Record<'_>) -> io::Result<()> {
    let now = humantime::format_rfc3339_seconds(SystemTime::now());
    let (level, style) = (record.level(), out.default_level_style(record.level()));
    writeln!(out, "[{now} {style}{level:<5}{style:#}] {}", record.args())
}

/// Starts this log, which is text. What C-core logs is for those who look into C-core: it is
/// shown when debugging, and as ever when `GRPC_VERBOSITY` asks for it.
pub fn start_log(builder: &mut env_logger::Builder) {
    start(builder, LogFormat::Text);
}

fn start(builder: &mut env_logger::Builder, format: LogFormat) {
    let programs = builder.build();
    let level = programs.filter();
    let logger = WithoutCore { programs, format, debugging: level >= LevelFilter::Debug };
    if log::set_boxed_logger(Box::new(logger)).is_ok() {
        log::set_max_level(level);
        if std::env::var_os("GRPC_VERBOSITY").is_none() {
            grpcio::redirect_log();
        }
    }
}

struct WithoutCore {
    programs: env_logger::Logger,
    format: LogFormat,
    debugging: bool,
}

impl Log for WithoutCore {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        self.programs.enabled(metadata)
    }

    fn log(&self, record: &log::Record<'_>) {
        if !self.debugging && record.module_path() == Some("grpcio::log_util") {
            return self.warn_without_descriptors(record);
        }
        match self.format {
            // Peers have a word in what is logged.
            LogFormat::Text => {
                let line = record.args().to_string();
                let line = text::one_line(&line);
                self.programs.log(&record.to_builder().args(format_args!("{line}")).build());
            }
            LogFormat::Json => self.programs.log(record),
        }
    }

    fn flush(&self) {
        self.programs.flush();
    }
}

impl WithoutCore {
    /// What C-core says once a second while it can't take connections is passed on once a minute,
    /// worded for those who run the program: nobody else notices but the clients, who wait.
    fn warn_without_descriptors(&self, record: &log::Record<'_>) {
        const PAUSE: Duration = Duration::from_secs(60);
        static LAST: Mutex<Option<Instant>> = Mutex::new(None);
        let text = record.args().to_string();
        if !text.contains("File descriptor limit reached") && !text.contains("Failed accept4") {
            return;
        }
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| last.elapsed() >= PAUSE) {
            *last = Some(Instant::now());
            drop(last);
            log::error!(
                "new connections wait: no file descriptor is left; raise the \
                 limit (ulimit -n), or have fewer clients ({text})"
            );
        }
    }
}

/// Says something on stderr, in one line that starts with the program's name, or goes on from the
/// line before without it. That nobody can read it (stderr is closed, or full) changes nothing.
pub fn say(line: &str) {
    let line = format!("{}\n", text::one_line(line));
    let _ = io::stderr().write_all(line.as_bytes());
}

/// Reads the command line.
///
/// # Errors
/// The exit code, when the program has nothing more to do: help was asked for, or the command line
/// is wrong, and it was said.
pub fn options<T: clap::Parser>() -> Result<T, u8> {
    T::try_parse().map_err(|answer| match (answer.print(), answer.use_stderr()) {
        (Ok(()), false) => 0,
        (Err(_), false) => EXIT_ENVIRONMENT,
        (_, true) => EXIT_USAGE,
    })
}

/// The level for this many `-v` and `-q`, starting from `base`.
pub fn level(base: LevelFilter, verbose: u8, quiet: u8) -> LevelFilter {
    const LEVELS: [LevelFilter; 6] = [
        LevelFilter::Off,
        LevelFilter::Error,
        LevelFilter::Warn,
        LevelFilter::Info,
        LevelFilter::Debug,
        LevelFilter::Trace,
    ];
    let index = (base as usize + usize::from(verbose)).saturating_sub(usize::from(quiet));
    LEVELS[index.min(LEVELS.len() - 1)]
}

/// Reads a duration flag: `500ms`, `2s`, `1m 30s`, or `0`.
///
/// # Errors
/// A text for the user, if it is none.
pub fn duration(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    humantime::parse_duration(text).map_err(|error| format!("{error}; write 500ms, 2s or 1m"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_stay_in_range() {
        assert_eq!(level(LevelFilter::Info, 0, 0), LevelFilter::Info);
        assert_eq!(level(LevelFilter::Info, 1, 0), LevelFilter::Debug);
        assert_eq!(level(LevelFilter::Info, 9, 0), LevelFilter::Trace);
        assert_eq!(level(LevelFilter::Warn, 0, 9), LevelFilter::Off);
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("0"), Ok(Duration::ZERO));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert!(duration("5").unwrap_err().contains("500ms"));
    }
}
