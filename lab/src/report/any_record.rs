//! What reports are of: a run of cases, or a benchmark.

use serde::Deserialize;

use super::style::Style;
use super::{Format, Output, html, junit, markdown, svg, terminal};
use crate::bench;
use crate::exit::{Exit, Failure};
use crate::interop::record::Record;

/// A record of a run or of a benchmark.
#[derive(Debug)]
pub enum AnyRecord {
    /// Of `lab run`.
    Run(Box<Record>),
    /// Of `lab bench`.
    Bench(Box<bench::record::Record>),
}

impl AnyRecord {
    /// A record that was written before.
    pub fn read(text: &str) -> Result<Self, String> {
        /// Only a benchmark's record says what it is.
        #[derive(Deserialize)]
        struct Head {
            kind: Option<bench::record::RecordKind>,
        }
        let head: Head = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match head.kind {
            Some(bench::record::RecordKind::Bench) => {
                Ok(Self::Bench(Box::new(bench::record::Record::read(text)?)))
            }
            None => Ok(Self::Run(Box::new(Record::read(text)?))),
        }
    }

    /// The report in this form.
    pub(super) fn report(&self, format: Format, style: Style) -> Result<String, Failure> {
        use bench::report as figures;
        Ok(match (self, format) {
            (Self::Run(record), Format::Text) => terminal::report(record, style),
            (Self::Run(record), Format::Json) => record.json(),
            (Self::Run(_), Format::Csv) => return Err(Failure::usage(NO_FIGURES)),
            (Self::Run(record), Format::Junit) => junit::report(record),
            (Self::Run(record), Format::Markdown) => markdown::report(record),
            (Self::Run(record), Format::Html) => html::report(record),
            (Self::Run(record), Format::Svg) => svg::report(record),
            (Self::Bench(record), Format::Text) => figures::terminal::report(record, style),
            (Self::Bench(record), Format::Json) => record.json(),
            (Self::Bench(record), Format::Csv) => figures::csv::report(record),
            (Self::Bench(_), Format::Junit) => return Err(Failure::usage(NO_VERDICTS)),
            (Self::Bench(record), Format::Markdown) => figures::markdown::report(record),
            (Self::Bench(record), Format::Html) => figures::html::report(record),
            (Self::Bench(_), Format::Svg) => return Err(Failure::usage(NO_PAIRS)),
        })
    }

    /// What fits on a front page.
    pub fn overview(&self) -> String {
        match self {
            Self::Run(record) => markdown::overview(record),
            Self::Bench(record) => bench::report::overview::overview(record),
        }
    }

    /// One sentence of it, if it has one.
    pub fn headline(&self) -> Option<String> {
        match self {
            Self::Run(_) => None,
            Self::Bench(record) => Some(bench::report::overview::headline(record)),
        }
    }

    /// The name of the markers around it there.
    pub fn marker(&self) -> &'static str {
        match self {
            Self::Run(_) => "lab",
            Self::Bench(_) => "bench",
        }
    }

    /// The exit code that the run deserves.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Run(record) => record.exit(),
            Self::Bench(record) => record.exit(),
        }
    }
}

const NO_FIGURES: &str = "--output csv: cells have no figures; json has all of them";
const NO_VERDICTS: &str =
    "--output junit: a benchmark has no verdicts; csv or json has its figures";

const NO_PAIRS: &str = "--output svg: a benchmark has no matrix of verdicts; html has its charts";

/// Refuses reports that a run can't have, before it begins.
pub fn check_of_run(outputs: &[Output]) -> Result<(), Failure> {
    match outputs.iter().any(|it| it.format == Format::Csv) {
        true => Err(Failure::usage(NO_FIGURES)),
        false => Ok(()),
    }
}

/// Refuses reports that a benchmark can't have, before it begins.
pub fn check_of_bench(outputs: &[Output]) -> Result<(), Failure> {
    let refusal = |it: &Output| match it.format {
        Format::Junit => Some(NO_VERDICTS),
        Format::Svg => Some(NO_PAIRS),
        _ => None,
    };
    outputs.iter().find_map(refusal).map_or(Ok(()), |why| Err(Failure::usage(why)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> AnyRecord {
        AnyRecord::Run(Box::new(crate::interop::record::tests::sample()))
    }

    fn bench() -> AnyRecord {
        AnyRecord::Bench(Box::new(bench::report::tests::sample()))
    }

    #[test]
    fn a_record_says_what_it_is() {
        for record in [run(), bench()] {
            let text = record.report(Format::Json, Style::PLAIN).unwrap();
            let read = AnyRecord::read(&text).unwrap();
            assert_eq!(read.marker(), record.marker());
            assert_eq!(read.report(Format::Json, Style::PLAIN).unwrap(), text);
        }
        assert!(AnyRecord::read(r#"{"kind": "poem"}"#).is_err());
        assert!(AnyRecord::read("[]").is_err());
    }

    #[test]
    fn a_page_gets_the_overview_or_a_line_by_its_markers() {
        let page = |marker: &str| format!("<!-- {marker}: begin -->\n<!-- {marker}: end -->\n");
        let spliced = |marker, record: &_| super::super::spliced(&page(marker), record);
        let [whole, line] =
            ["bench", "bench line"].map(|marker| spliced(marker, &bench()).unwrap());
        assert!(whole.contains(bench().overview().trim()), "{whole}");
        assert!(line.contains(bench().headline().unwrap().trim()), "{line}");
        assert!(spliced("lab", &run()).is_ok() && spliced("lab line", &run()).is_err());
    }

    #[test]
    fn what_a_record_cannot_be_is_refused_before_as_after() {
        type Check = fn(&[Output]) -> Result<(), Failure>;
        let kinds: [(AnyRecord, Check); 2] = [(run(), check_of_run), (bench(), check_of_bench)];
        for (record, check) in kinds {
            for format in ["text", "json", "csv", "junit", "markdown", "html", "svg"] {
                let output: Output = format.parse().unwrap();
                let report = record.report(output.format, Style::PLAIN);
                let [before, after] =
                    [check(&[output]).err(), report.err()].map(|it| it.map(|it| it.to_string()));
                assert_eq!(before, after, "{} as {format}", record.marker());
                let refused: &[&str] =
                    if record.marker() == "lab" { &["csv"] } else { &["junit", "svg"] };
                assert_eq!(after.is_some(), refused.contains(&format), "{format}");
            }
        }
    }
}
