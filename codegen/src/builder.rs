use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use protobuf::Message;
use protobuf::descriptor::{FileDescriptorProto, FileDescriptorSet};
use protobuf_codegen::{Customize, CustomizeCallback, gen_and_write::gen_and_write};
use protobuf_parse::ProtoPathBuf;

use crate::error::{Error, Kind, Result};
use crate::flatten::{STUBS, flatten};
use crate::sources::{self, Source};
use crate::types::Types;
use crate::{bare, builtin, link_seam, model, packages, parse};

/// What to generate code for, and where from.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    includes: Vec<PathBuf>,
    protos: Vec<PathBuf>,
    out_dir: Option<PathBuf>,
}

impl Builder {
    /// A builder without files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a directory in which proto files and their imports are looked for.
    /// Those added first come first.
    pub fn include(mut self, directory: impl Into<PathBuf>) -> Self {
        self.includes.push(directory.into());
        self
    }

    /// Adds proto files, by their paths relative to an include. Code is generated
    /// for them and for all they import.
    pub fn protos(mut self, protos: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        self.protos.extend(protos.into_iter().map(Into::into));
        self
    }

    /// Sets the directory in which `quartet/mod.rs` is written; without it, it is
    /// that of the environment variable `OUT_DIR`.
    pub fn out_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(directory.into());
        self
    }

    /// Generates the code, and tells Cargo when to do it again and
    /// [how to link](link_seam).
    ///
    /// # Errors
    ///
    /// When a proto file or an import is not in any include, can't be read, has a
    /// syntax error or uses a name that is not defined; when files import each
    /// other in a circle; and when the code can't be written.
    pub fn compile(self) -> Result<()> {
        let sources = sources::read(&self.includes, &self.protos)?;
        for source in &sources {
            println!("cargo:rerun-if-changed={}", source.path.display());
        }
        let out = self.output()?;
        let parsed = parse::parse(&sources, &self.includes, &out)?;
        generate(&sources, parsed, &out)?;
        link_seam();
        Ok(())
    }

    /// Makes the directory for all output.
    fn output(&self) -> Result<PathBuf> {
        let directory = match &self.out_dir {
            Some(directory) => directory.clone(),
            None => env::var_os("OUT_DIR").ok_or(Kind::NoOutDir)?.into(),
        };
        let output = directory.join("quartet");
        fs::create_dir_all(output.join("files")).map_err(Error::writing(&output))?;
        Ok(output)
    }
}

fn generate(sources: &[Source], parsed: Vec<FileDescriptorProto>, out: &Path) -> Result<()> {
    let flat = flatten(&parsed);
    let types = Types::new(&flat);
    let modules = model::modules(&parsed, &flat, sources, &types)?;
    let files = out.join("files");
    write_messages(&flat, &files)?;
    for module in modules.iter().filter(|module| !module.services.is_empty()) {
        let path = files.join(format!("{}{STUBS}.rs", module.name()));
        write(&path, bare::stubs(module, &flat, &types)?)?;
    }
    let descriptors = FileDescriptorSet { file: parsed, ..FileDescriptorSet::default() };
    let bytes = descriptors.write_to_bytes().map_err(generating)?;
    write(&out.join("descriptors.bin"), bytes)?;
    write(&out.join("mod.rs"), packages::root(&modules, &flat))
}

fn write_messages(flat: &[FileDescriptorProto], directory: &Path) -> Result<()> {
    struct NoCallback;
    impl CustomizeCallback for NoCallback {}

    let wanted: Vec<ProtoPathBuf> = flat
        .iter()
        .filter(|file| builtin::find(file.name()).is_none())
        .map(|file| ProtoPathBuf::new(file.name().to_owned()))
        .collect::<Result<_, _>>()
        .map_err(generating)?;
    let customize = Customize::default().gen_mod_rs(false);
    gen_and_write(flat, "pure", &wanted, directory, &customize, &NoCallback).map_err(generating)?;
    Ok(())
}

fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    fs::write(path, content).map_err(Error::writing(path))
}

fn generating(error: impl ToString) -> Error {
    let reason = error.to_string();
    Kind::Generate { reason }.into()
}
