use std::io::Write;

use chat::program;
use log::LevelFilter;

use crate::options::{Command, Format, Options};

/// Starts the log. In the demo, what the server logs is half of the show, and stands on stdout
/// in its place among what the client prints.
pub fn start(options: &Options) {
    if !matches!(options.command, Command::Demo) || options.output == Format::Json {
        return program::log_to_stderr(options.log_level(LevelFilter::Warn));
    }
    program::start_log(
        env_logger::Builder::new()
            .filter_level(options.log_level(LevelFilter::Info))
            .parse_default_env()
            .target(env_logger::Target::Stdout)
            .format(|line, record| writeln!(line, "  server  {}", record.args())),
    );
}
