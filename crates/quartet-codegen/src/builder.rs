use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use protobuf::Message;
use protobuf::descriptor::{FileDescriptorProto, FileDescriptorSet};
use protobuf_codegen::Customize;

use crate::descriptors::descriptors;
use crate::error::{Error, Kind, Result};
use crate::flatten::{Flat, STUBS, flatten};
use crate::messages::{self, Input};
use crate::outline::Outlines;
use crate::roots::through_quartet;
use crate::types::Types;
use crate::{bare, builtin, limits, link_seam, model, packages, sources};

/// What to generate code for, and where from.
#[must_use = "nothing is generated before `compile`"]
#[derive(Clone, Debug, Default)]
pub struct Builder {
    includes: Vec<PathBuf>,
    protos: Vec<PathBuf>,
    out_dir: Option<PathBuf>,
    customize: Customize,
}

impl Builder {
    /// A builder without files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a directory to search for proto files and their imports. Directories are searched in
    /// the order they were added.
    pub fn include(mut self, directory: impl Into<PathBuf>) -> Self {
        self.includes.push(directory.into());
        self
    }

    /// Adds proto files, by their paths relative to an include. Code is generated for them and for
    /// everything they import.
    pub fn protos(mut self, protos: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        self.protos.extend(protos.into_iter().map(Into::into));
        self
    }

    /// Sets the directory to write `quartet/mod.rs` to; the environment variable `OUT_DIR` by
    /// default.
    pub fn out_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(directory.into());
        self
    }

    /// Sets how protobuf-codegen writes messages: with accessors, with an attribute before each, and so on. `gen_mod_rs` and `lite_runtime` have no effect, as the rest of the code relies on them.
    /// What it makes the code refer to, such as the crate `bytes`, is for your `Cargo.toml` to name.
    pub fn customize(mut self, customize: Customize) -> Self {
        self.customize = customize;
        self
    }

    /// Generates the code, and instructs Cargo when to rerun it and [how to link](link_seam).
    ///
    /// # Errors
    ///
    /// When a proto file or an import is not in any include, can't be read, has a
    /// syntax error or uses a name that is not defined; when it has what Rust messages can't have
    /// (see the [limits](crate#limits)); when files import each other in a cycle; and when the code
    /// can't be written.
    pub fn compile(self) -> Result<()> {
        let sources = sources::read(&self.includes, &self.protos)?;
        for source in &sources {
            println!("cargo:rerun-if-changed={}", source.path.display());
        }
        let out = self.output()?;
        let parsed = descriptors(&sources)?;
        limits::check(&parsed, &sources::paths(&sources))?;
        generate(parsed, &self.customize, &out)?;
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

fn generate(parsed: Vec<FileDescriptorProto>, customize: &Customize, out: &Path) -> Result<()> {
    let Flat { files: flat, true_names } = flatten(&parsed);
    let types = Types::new(&flat);
    let outlines = Outlines::new(&flat);
    let modules = model::modules(&flat, &types)?;
    let files = out.join("files");
    for ((original, flat), true_names) in parsed.iter().zip(&flat).zip(&true_names) {
        if builtin::of_flat(flat).is_none() {
            let input = Input { original, flat, true_names, customize };
            messages::write(&input, &outlines, &files)?;
        }
    }
    for module in modules.iter().filter(|module| !module.services.is_empty()) {
        let path = files.join(format!("{}{STUBS}.rs", module.name()));
        write(&path, through_quartet(&bare::stubs(module, &outlines, &types)?))?;
    }
    write(&out.join("mod.rs"), through_quartet(&packages::root(&modules, &flat)))?;
    write(&out.join("descriptors.bin"), descriptor_set(parsed)?)
}

/// The files as reflection shows them to clients, without comments.
fn descriptor_set(mut file: Vec<FileDescriptorProto>) -> Result<Vec<u8>> {
    file.iter_mut().for_each(|file| file.source_code_info.clear());
    let set = FileDescriptorSet { file, ..FileDescriptorSet::default() };
    set.write_to_bytes().map_err(|error| Kind::Generate { reason: error.to_string() }.into())
}

fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    fs::write(path, content).map_err(Error::writing(path))
}
