//! For now.
use super::record::Record;
use crate::exit::{Exit, Failure};
use crate::report::Output;

/// Writes.
pub fn write(
    record: &Record,
    outputs: &[Output],
    _color: clap::ColorChoice,
) -> Result<Exit, Failure> {
    for output in outputs {
        if let Some(file) = output.file() {
            std::fs::write(file, record.json()).unwrap();
        }
    }
    Ok(record.exit())
}
