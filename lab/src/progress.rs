//! What is shown while the lab works, on standard error.

use std::cell::{Cell as StdCell, RefCell};
use std::io::{self, IsTerminal};

use clap::ColorChoice;
use indicatif::{ProgressBar, ProgressStyle};

use crate::bench::figure::Figure;
use crate::bench::record::{Outcome, Sample};
use crate::cli;
use crate::interop::record::Cell;
use crate::interop::verdict::Standing;
use crate::peer::prepare::Prepared;
use crate::report::style::Style;

/// How progress is shown, and how far it is.
pub struct Progress {
    how: How,
    style: Style,
    bar: RefCell<Option<ProgressBar>>,
    done: StdCell<usize>,
    of: StdCell<usize>,
}

#[derive(Clone, Copy, PartialEq)]
enum How {
    Bar,
    Lines,
    Nothing,
}

impl Progress {
    /// As the user wants it, or as fits where standard error goes.
    pub fn new(wanted: cli::Progress, color: ColorChoice) -> Self {
        let how = match wanted {
            cli::Progress::Auto if io::stderr().is_terminal() => How::Bar,
            cli::Progress::Auto | cli::Progress::Plain => How::Lines,
            cli::Progress::None => How::Nothing,
        };
        let style = Style::new(color, &io::stderr());
        Self { how, style, bar: RefCell::default(), done: StdCell::new(0), of: StdCell::new(0) }
    }

    /// So many steps follow.
    pub fn begin(&self, steps: usize) {
        self.done.set(0);
        self.of.set(steps);
        if self.how == How::Bar {
            let bar = ProgressBar::new(steps as u64);
            if let Ok(style) =
                ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {wide_msg}")
            {
                bar.set_style(style);
            }
            self.bar.replace(Some(bar));
        }
    }

    /// All steps are done.
    pub fn end(&self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    /// A peer is ready, or can't be.
    pub fn prepared(&self, it: &Prepared) {
        let name = &it.peer.name;
        match &it.version {
            Ok(version) => self.step(&format!("{name} {version}"), false),
            Err(no_run) => self.step(&format!("{name} no-run: {}", no_run.reason()), true),
        }
    }

    /// A cell is done.
    pub fn done(&self, cell: &Cell) {
        let standing = cell.standing();
        let word = self.style.paint(standing, &format!("{:<11}", standing.word()));
        let through = cell.proxy.as_ref().map(|it| format!(" through {it}")).unwrap_or_default();
        let mut line = format!(
            "{word} {} {} {}:{}{through} {} ({:.1} s)",
            cell.suite, cell.transport, cell.client, cell.server, cell.case, cell.seconds
        );
        if standing != Standing::Pass {
            line += &format!(": {}", cell.reason());
        }
        self.step(&line, standing.is_error());
    }

    /// A sample is done.
    pub fn measured(&self, sample: &Sample, figure: Figure) {
        let Sample { case, client, server, round, .. } = sample;
        let pair = if client == server { client.clone() } else { format!("{client}:{server}") };
        let (what, is_news) = match &sample.outcome {
            Outcome::Measured(_) => {
                let value = sample.figure(figure).unwrap_or(f64::NAN);
                (format!("{value:.1} {}", figure.unit()), false)
            }
            Outcome::Unsupported(why) => (format!("unsupported: {why}"), false),
            Outcome::Void(why) => (format!("void: {why}"), true),
            Outcome::Failed(why) => (format!("failed: {why}"), true),
        };
        self.step(&format!("{case} {pair} round {round}: {what}"), is_news);
    }

    /// Something that is no step.
    pub fn say(&self, line: &str) {
        if self.how != How::Nothing {
            eprintln!("{line}");
        }
    }

    fn step(&self, line: &str, is_news: bool) {
        self.done.set(self.done.get() + 1);
        match (self.how, &*self.bar.borrow()) {
            (How::Lines, _) => eprintln!("[{}/{}] {line}", self.done.get(), self.of.get()),
            (How::Bar, Some(bar)) => {
                if is_news {
                    bar.println(line);
                }
                bar.set_message(line.to_owned());
                bar.inc(1);
            }
            _ => {}
        }
    }
}
