//! `lab report`

use std::fs;

use clap::ColorChoice;

use crate::cli::Report;
use crate::exit::{Exit, Failure};
use crate::report::{self, AnyRecord};

pub fn run(options: &Report, color: ColorChoice) -> Result<Exit, Failure> {
    let text = fs::read_to_string(&options.record)
        .map_err(|error| Failure::reading(&options.record, error))?;
    let record =
        AnyRecord::read(&text).map_err(|error| Failure::reading(&options.record, error))?;
    report::write(&record, &options.outputs.output, color)
}
