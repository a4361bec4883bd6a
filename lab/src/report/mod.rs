//! Reports: pure functions of a record, and where they are written.

mod any_record;
mod grid;
pub mod html;
mod junit;
pub mod markdown;
mod reasons;
mod splice;
pub mod style;
mod svg;
mod terminal;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{ColorChoice, ValueEnum};

use crate::exit::{Exit, Failure};
pub use any_record::{AnyRecord, check_of_bench, check_of_run};
use style::Style;

/// A report and where it goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    format: Format,
    file: Option<PathBuf>,
}

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Format {
    Text,
    Json,
    Csv,
    Junit,
    Markdown,
    Html,
    Svg,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, file) = match text.split_once(':') {
            Some((format, file)) => (format, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let format = <Format as ValueEnum>::from_str(format, false).map_err(|_| {
            format!("there is no report {format}: text, json, csv, junit, markdown, html, svg")
        })?;
        Ok(Self { format, file })
    }
}

/// Keeps the record with the logs of its run.
pub fn keep(json: &str, logs: &Path) -> Result<(), Failure> {
    let path = logs.join("record.json");
    fs::write(&path, json).map_err(|error| Failure::writing(&path, error))
}

/// A text with the overview of a record in the place that is marked for it, or else what fits into
/// one line.
pub fn spliced(text: &str, record: &AnyRecord) -> Result<String, String> {
    let marker = record.marker();
    match record.headline() {
        Some(line) if !text.contains(&splice::begin(marker)) => {
            splice::splice(text, &format!("{marker} line"), &line)
        }
        _ => splice::splice(text, marker, &record.overview()),
    }
}

/// Writes the reports, and says what exit code the record deserves. Without a report for it,
/// standard output gets the text.
pub fn write(record: &AnyRecord, outputs: &[Output], color: ColorChoice) -> Result<Exit, Failure> {
    let to_stdout = Style::new(color, &io::stdout());
    for output in outputs {
        match &output.file {
            None => drop(print(&record.report(output.format, to_stdout)?)?),
            Some(file) => fs::write(file, record.report(output.format, Style::PLAIN)?)
                .map_err(|error| Failure::writing(file, error))?,
        }
    }
    if outputs.iter().all(|output| output.file.is_some()) {
        print(&record.report(Format::Text, to_stdout)?)?;
    }
    Ok(record.exit())
}

/// Prints to standard output. Whoever closes it has seen enough.
pub fn print(text: &str) -> Result<Exit, Failure> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::environment(format!("standard output: {error}")))
        }
        _ => Ok(Exit::Ok),
    }
}

/// `1 cell`, `2 cells`.
pub fn counted(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// Digits with the thousands apart: `84,800`.
pub fn with_commas(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_a_format_and_perhaps_a_file() {
        let output: Output = "json:run/a:b.json".parse().unwrap();
        assert_eq!(output, Output { format: Format::Json, file: Some("run/a:b.json".into()) });
        assert_eq!("text".parse(), Ok(Output { format: Format::Text, file: None }));
        let error = "pdf".parse::<Output>().unwrap_err();
        assert_eq!(error, "there is no report pdf: text, json, csv, junit, markdown, html, svg");
    }
}
