//! `lab splice`

use std::fs;
use std::path::Path;

use crate::cli::Splice;
use crate::exit::{Exit, Failure};
use crate::report::{self, AnyRecord};

pub fn run(options: &Splice) -> Result<Exit, Failure> {
    let record = AnyRecord::read(&read(&options.record)?);
    let record = record.map_err(|error| Failure::reading(&options.record, error))?;
    let old = read(&options.file)?;
    let new =
        report::spliced(&old, &record).map_err(|error| Failure::reading(&options.file, error))?;
    if new == old {
        return Ok(Exit::Ok);
    }
    if options.check {
        let (file, record) = (options.file.display(), options.record.display());
        eprintln!("lab: {file} is stale: `lab splice {record} {file}` brings it up to date");
        return Ok(Exit::Failed);
    }
    fs::write(&options.file, new).map_err(|error| Failure::writing(&options.file, error))?;
    Ok(Exit::Ok)
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure::reading(path, error))
}
