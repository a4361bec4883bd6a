//! The proto files: those asked for and all that they import.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use protobuf_parse::ProtoPathBuf;
use protox::file::File;

use crate::builtin;
use crate::error::{Kind, Place, Result};

/// The number of `dependency` in a `FileDescriptorProto`, as paths of locations have it.
const DEPENDENCY: i32 = 3;

/// A proto file found in an include.
pub struct Source {
    /// Its name: the path relative to the include, as imports have it.
    pub name: String,
    /// Where it was found.
    pub path: PathBuf,
    /// What is in it, without names looked up.
    pub file: File,
}

/// Reads the protos and, before each, what it imports; each file once.
///
/// # Errors
///
/// When a file is not in any include or can't be read, has a syntax error, or
/// imports itself by way of others.
pub fn read(includes: &[PathBuf], protos: &[PathBuf]) -> Result<Vec<Source>> {
    let mut reader = Reader { includes, open: Vec::new(), known: HashSet::new(), done: Vec::new() };
    for proto in protos {
        let name = ProtoPathBuf::from_path(proto)
            .map_err(|e| Kind::BadName { name: proto.clone(), reason: e.to_string() })?;
        reader.read(&name.to_string(), None)?;
    }
    Ok(reader.done)
}

/// Where the files of names were found.
pub fn paths(sources: &[Source]) -> HashMap<&str, &Path> {
    sources.iter().map(|source| (source.name.as_str(), source.path.as_path())).collect()
}

struct Reader<'a> {
    includes: &'a [PathBuf],
    /// The files whose imports are being read, each imported by the one before.
    open: Vec<String>,
    /// The names of `done`.
    known: HashSet<String>,
    done: Vec<Source>,
}

impl Reader<'_> {
    /// Reads a file, which one imports at a place, or none does.
    fn read(&mut self, name: &str, importer: Option<(&Source, usize)>) -> Result<()> {
        if self.known.contains(name) {
            return Ok(());
        }
        if let Some(first) = self.open.iter().position(|open| open == name) {
            let mut files = self.open.split_off(first);
            files.push(name.to_owned());
            return Err(Kind::Cycle { files }.into());
        }
        let Some(source) = self.find(name)? else {
            if builtin::comes_along(name) {
                return Ok(());
            }
            return Err(Kind::NotFound {
                name: name.to_owned(),
                importer: importer.map(|(source, import)| source.place_of_import(import)),
                includes: self.includes.to_vec(),
            }
            .into());
        };
        self.open.push(name.to_owned());
        let imports = source.file.file_descriptor_proto().dependency.clone();
        for (index, import) in imports.iter().enumerate() {
            self.read(import, Some((&source, index)))?;
        }
        self.open.pop();
        self.known.insert(name.to_owned());
        self.done.push(source);
        Ok(())
    }

    fn find(&self, name: &str) -> Result<Option<Source>> {
        for include in self.includes {
            let path = include.join(Path::new(name));
            match fs::read_to_string(&path) {
                Ok(text) => return parse(name, path, &text).map(Some),
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(Kind::Read { path, error }.into()),
            }
        }
        Ok(None)
    }
}

fn parse(name: &str, path: PathBuf, text: &str) -> Result<Source> {
    // Some editors begin a file with a mark of its encoding; protoc takes it, too.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match File::from_source(name, text) {
        Ok(file) => Ok(Source { name: name.to_owned(), path, file }),
        Err(error) => {
            let (line, reason) = place_and_reason(&error, name);
            let begins_edition = |line: u32| {
                let line = text.lines().nth(line as usize - 1);
                line.is_some_and(|line| line.trim_start().starts_with("edition"))
            };
            let place = Place { path, line };
            Err(match line {
                Some(number) if begins_edition(number) => Kind::Edition { place },
                _ => Kind::Syntax { place, reason },
            }
            .into())
        }
    }
}

/// The line that an error of protox about a file names, and the rest of it. Only the text
/// for debugging has them: `file.proto:3:7: reason`.
pub fn place_and_reason(error: &protox::Error, file: &str) -> (Option<u32>, String) {
    let mut text = format!("{error:?}");
    if let Some(source) = error.diagnostic_source() {
        text = format!("{text}: {source}");
    }
    let Some(rest) = text.strip_prefix(file).and_then(|rest| rest.strip_prefix(':')) else {
        return (None, error.to_string());
    };
    let mut parts = rest.splitn(3, ':');
    let number = |part: Option<&str>| part.and_then(|part| part.trim().parse::<u32>().ok());
    match (number(parts.next()), number(parts.next()), parts.next()) {
        (Some(line), Some(column), Some(reason)) => {
            (Some(line), format!("{} (column {column})", reason.trim()))
        }
        _ => (None, rest.trim().to_owned()),
    }
}

impl Source {
    fn place_of_import(&self, import: usize) -> Place {
        let file = self.file.file_descriptor_proto();
        let locations = file.source_code_info.iter().flat_map(|info| &info.location);
        let line = locations
            .filter(|location| location.path == [DEPENDENCY, import as i32])
            .find_map(|location| location.span.first())
            .map(|line| *line as u32 + 1);
        Place { path: self.path.clone(), line }
    }
}
