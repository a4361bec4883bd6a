//! From proto files to descriptors: those that protoc makes, byte for byte.

use std::collections::{HashMap, HashSet};

use protobuf::Message;
use protobuf::descriptor::{FileDescriptorProto, FileDescriptorSet};
use protox::file::{File, FileResolver, GoogleFileResolver};

use crate::error::{Kind, Place, Result};
use crate::qualify::qualify;
use crate::sources::{self, Source, place_and_reason};

/// The descriptors of the sources and of the files they import that come along, each after
/// those it imports. They have the comments in them, as `source_code_info`.
///
/// # Errors
///
/// When a file breaks a rule, such as to use a name that is not defined.
pub fn descriptors(sources: &[Source]) -> Result<Vec<FileDescriptorProto>> {
    let mut files: Vec<prost_types::FileDescriptorProto> =
        sources.iter().map(|source| source.file.clone().into()).collect();
    files.extend(comes_along(&files)?);
    qualify(&mut files);
    let files = files.into_iter().map(|file| (file.name().to_owned(), file.into())).collect();
    let mut compiler = protox::Compiler::with_file_resolver(Files { files });
    compiler.include_imports(true).include_source_info(true);
    for source in sources {
        compiler.open_file(&source.name).map_err(|error| definition(&error, sources))?;
    }
    // Through bytes: options that are extensions stay in them, as unknown fields.
    let set = FileDescriptorSet::parse_from_bytes(&compiler.encode_file_descriptor_set())
        .map_err(|error| Kind::Generate { reason: error.to_string() })?;
    Ok(set.file)
}

fn definition(error: &protox::Error, sources: &[Source]) -> Kind {
    let Some(name) = error.file() else {
        return Kind::Definition { place: None, reason: error.to_string() };
    };
    let (line, reason) = place_and_reason(error, name);
    let place = sources::paths(sources).get(name).map(|path| Place { path: path.into(), line });
    Kind::Definition { place, reason }
}

/// The files that are imported, but not in any include.
fn comes_along(
    files: &[prost_types::FileDescriptorProto],
) -> Result<Vec<prost_types::FileDescriptorProto>> {
    let known: HashSet<_> = files.iter().map(|file| file.name().to_owned()).collect();
    let mut open: Vec<_> = files.iter().flat_map(|file| file.dependency.clone()).collect();
    let (mut seen, mut found) = (known, Vec::new());
    while let Some(name) = open.pop() {
        if seen.insert(name.clone()) {
            let file = open_builtin(&name)
                .map_err(|error| Kind::Definition { place: None, reason: error.to_string() })?;
            open.extend(file.file_descriptor_proto().dependency.clone());
            found.push(file.into());
        }
    }
    Ok(found)
}

fn open_builtin(name: &str) -> Result<File, protox::Error> {
    if name != "rustproto.proto" {
        return GoogleFileResolver::new().open_file(name);
    }
    let bytes = protobuf::rustproto::file_descriptor().proto().write_to_bytes();
    let bytes = bytes.map_err(protox::Error::new)?;
    File::decode_file_descriptor_proto(bytes.as_slice()).map_err(protox::Error::new)
}

/// The files read, and those that come along.
struct Files {
    files: HashMap<String, File>,
}

impl FileResolver for Files {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        self.files.get(name).cloned().ok_or_else(|| protox::Error::file_not_found(name))
    }
}
