use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why no code was generated.
///
/// It names the file, the line if known, and what to do. `{:?}` shows
/// the same text as `{}`, as `{:?}` is what a `main` that returns it prints.
pub struct Error(Kind);

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

pub(crate) enum Kind {
    NoOutDir,
    BadName { name: PathBuf, reason: String },
    NotFound { name: String, importer: Option<Place>, includes: Vec<PathBuf> },
    Cycle { files: Vec<String> },
    Syntax { place: Place, reason: String },
    Edition { place: Place },
    Definition { place: Option<Place>, reason: String },
    Limit { place: Place, reason: String },
    Generate { reason: String },
    Read { path: PathBuf, error: io::Error },
    Write { path: PathBuf, error: io::Error },
}

/// A file and a line in it.
pub(crate) struct Place {
    pub path: PathBuf,
    pub line: Option<u32>,
}

impl Error {
    pub(crate) fn writing(path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_owned();
        move |error| Kind::Write { path, error }.into()
    }
}

impl From<Kind> for Error {
    fn from(kind: Kind) -> Self {
        Error(kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Kind::Read { error, .. } | Kind::Write { error, .. } => Some(error),
            _ => None,
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::NoOutDir => f.write_str(
                "OUT_DIR is not set: call `compile()` in a build script, or set the output \
                 directory with `Builder::out_dir`",
            ),
            Kind::BadName { name, reason } => write!(
                f,
                "`{}` can't name a proto file ({reason}): give its path relative to an include, \
                 such as `chat/chat.proto`",
                name.display()
            ),
            Kind::NotFound { name, importer, includes } => {
                not_found(f, name, importer.as_ref(), includes)
            }
            Kind::Cycle { files } => write!(
                f,
                "proto files import each other in a cycle: {}; move what they share to a separate \
                 file",
                files.join(" -> ")
            ),
            Kind::Syntax { place, reason } => {
                write!(f, "{place}: {reason}; fix the file there")
            }
            Kind::Edition { place } => write!(
                f,
                "{place}: editions are not supported; write the file with `syntax = \"proto3\"` or \
                 `\"proto2\"`"
            ),
            Kind::Definition { place, reason } => {
                if let Some(place) = place {
                    write!(f, "{place}: ")?;
                }
                write!(
                    f,
                    "{reason}; check the spelling, and that the file that defines it is imported"
                )
            }
            Kind::Limit { place, reason } => write!(f, "{place}: {reason}"),
            Kind::Generate { reason } => write!(f, "can't generate the messages: {reason}"),
            Kind::Read { path, error } => write!(
                f,
                "can't read {}: {error}; it must be a readable text file in UTF-8",
                path.display()
            ),
            Kind::Write { path, error } => write!(
                f,
                "can't write {}: {error}; the output directory must be writable",
                path.display()
            ),
        }
    }
}

fn not_found(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    importer: Option<&Place>,
    includes: &[PathBuf],
) -> fmt::Result {
    match importer {
        Some(place) => write!(f, "{place}: the imported file `{name}` is not found")?,
        None => write!(f, "the proto file `{name}` is not found")?,
    }
    if includes.is_empty() {
        return f.write_str(": no directory was searched; name one with `Builder::include`");
    }
    f.write_str("; searched in:")?;
    for include in includes {
        write!(f, "\n  {}", include.display())?;
    }
    f.write_str(
        "\nAdd the directory it is relative to with `Builder::include`, or correct the path",
    )
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        match self.line {
            Some(line) => write!(f, ":{line}"),
            None => Ok(()),
        }
    }
}
