//! The text of the proto files: those asked for and all that they import.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use protobuf_parse::{ProtoPathBuf, pure::parse_dependencies};

use crate::builtin;
use crate::error::{Kind, Place, Result};

/// A proto file found in an include.
pub struct Source {
    /// Its name: the path relative to the include, as imports have it.
    pub name: String,
    /// Where it was found.
    pub path: PathBuf,
    /// What is in it.
    pub text: String,
}

/// Reads the protos and, before each, what it imports; each file once.
///
/// # Errors
///
/// When a file is not in any include or can't be read, has a syntax error, or
/// imports itself by way of others.
pub fn read(includes: &[PathBuf], protos: &[PathBuf]) -> Result<Vec<Source>> {
    let mut reader = Reader { includes, open: Vec::new(), done: Vec::new() };
    for proto in protos {
        let name = ProtoPathBuf::from_path(proto)
            .map_err(|e| Kind::BadName { name: proto.clone(), reason: e.to_string() })?;
        reader.read(&name.to_string(), None)?;
    }
    Ok(reader.done)
}

struct Reader<'a> {
    includes: &'a [PathBuf],
    /// The files whose imports are being read, each imported by the one before.
    open: Vec<String>,
    done: Vec<Source>,
}

impl Reader<'_> {
    fn read(&mut self, name: &str, importer: Option<&Source>) -> Result<()> {
        if self.done.iter().any(|source| source.name == name) {
            return Ok(());
        }
        if let Some(first) = self.open.iter().position(|open| open == name) {
            let mut files = self.open.split_off(first);
            files.push(name.to_owned());
            return Err(Kind::Cycle { files }.into());
        }
        let Some(source) = self.find(name)? else {
            if builtin::find(name).is_some() {
                return Ok(());
            }
            return Err(Kind::NotFound {
                name: name.to_owned(),
                importer: importer.map(|source| source.place_of_import(name)),
                includes: self.includes.to_vec(),
            }
            .into());
        };
        self.open.push(name.to_owned());
        for import in source.imports()? {
            self.read(&import, Some(&source))?;
        }
        self.open.pop();
        self.done.push(source);
        Ok(())
    }

    fn find(&self, name: &str) -> Result<Option<Source>> {
        for include in self.includes {
            let path = include.join(Path::new(name));
            match fs::read_to_string(&path) {
                Ok(text) => {
                    return Ok(Some(Source { name: name.to_owned(), path, text }));
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(Kind::Read { path, error }.into()),
            }
        }
        Ok(None)
    }
}

impl Source {
    fn imports(&self) -> Result<Vec<String>> {
        match parse_dependencies(&self.text) {
            Ok(descriptor) => Ok(descriptor.dependency),
            Err(e) => Err(Kind::Syntax {
                place: Place { path: self.path.clone(), line: Some(e.line) },
                reason: format!("{} (column {})", e.error, e.col),
            }
            .into()),
        }
    }

    fn place_of_import(&self, name: &str) -> Place {
        let is_import = |line: &str| line.trim_start().starts_with("import") && line.contains(name);
        Place {
            path: self.path.clone(),
            line: (1..)
                .zip(self.text.lines())
                .find(|(_, line)| is_import(line))
                .map(|(number, _)| number),
        }
    }
}
