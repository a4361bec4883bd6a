//! From proto files to descriptors.

use std::fs;
use std::path::{Path, PathBuf};

use protobuf::descriptor::FileDescriptorProto;

use crate::error::{Error, Kind, Result};
use crate::sources::Source;

/// The name of a file that imports all others. It is the one file the parser is
/// asked for: the parser takes the name of a file asked for from the first
/// include that is a prefix of its path, but the name of an import as it is.
const ROOT: &str = "quartet-codegen-root.proto";

/// The descriptors of the sources and of the built-in files they import, each
/// after those it imports.
///
/// # Errors
///
/// When a name in a file is not defined, or `scratch`, a directory for a
/// temporary file, can't be written.
pub fn parse(
    sources: &[Source],
    includes: &[PathBuf],
    scratch: &Path,
) -> Result<Vec<FileDescriptorProto>> {
    let root = scratch.join(ROOT);
    let imports: String =
        sources.iter().map(|source| format!("import \"{}\";\n", source.name)).collect();
    fs::write(&root, format!("syntax = \"proto3\";\n{imports}")).map_err(Error::writing(&root))?;
    let parsed = protobuf_parse::Parser::new()
        .pure()
        .include(scratch)
        .includes(includes)
        .input(&root)
        .parse_and_typecheck()
        .map_err(|e| {
            // The outermost says which parser it was; the next has the file in it.
            let reason = e.chain().nth(1).map_or(e.to_string(), |e| e.to_string());
            Kind::Definition { reason }
        })?;
    fs::remove_file(&root).map_err(Error::writing(&root))?;
    let mut files = parsed.file_descriptors;
    files.retain(|file| file.name() != ROOT);
    Ok(files)
}
