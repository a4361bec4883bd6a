//! `lab report`

use std::fs;

use clap::ColorChoice;

use crate::cli::Report;
use crate::exit::{Exit, Failure};
use crate::report::{self, AnyRecord};

pub fn run(options: &Report, color: ColorChoice) -> Result<Exit, Failure> {
    let trouble = |what: &dyn std::fmt::Display| {
        Failure::usage(format!("{}: {what}", options.record.display()))
    };
    let text = fs::read_to_string(&options.record).map_err(|error| trouble(&error))?;
    let record = AnyRecord::read(&text).map_err(|error| trouble(&error))?;
    report::write(&record, &options.outputs.output, color)
}
