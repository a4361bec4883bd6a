//! Sets of proto files, what is generated of them, and what protoc makes of them.

use std::collections::{BTreeMap, HashMap};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use protobuf::descriptor::{FileDescriptorProto, FileDescriptorSet, MethodOptions};
use protobuf::well_known_types::empty::Empty;
use protobuf::{Message, UnknownValueRef};
use quartet_codegen::Builder;

/// Proto files, by their paths relative to an include.
pub struct Set {
    pub name: String,
    pub includes: Vec<PathBuf>,
    pub files: Vec<String>,
}

/// Generates a set, and gives the directory of what was written.
pub fn generate(set: &Set) -> PathBuf {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(&set.name);
    let _ = fs::remove_dir_all(&out);
    let builder = set.includes.iter().fold(Builder::new(), Builder::include);
    if let Err(error) = builder.protos(&set.files).out_dir(&out).compile() {
        panic!("{}: {error}", set.name);
    }
    out.join("quartet")
}

/// A protoc.
pub struct Protoc {
    command: Vec<String>,
    /// The version of protobuf, such as 21 or 31.
    pub version: u32,
}

/// The protoc in `PROTOC`, or else the one that is installed.
pub fn protoc() -> Option<Protoc> {
    let command = env::var("PROTOC").unwrap_or_else(|_| "protoc".to_owned());
    let command: Vec<_> = command.split(' ').map(str::to_owned).collect();
    let output = Command::new(&command[0]).args(&command[1..]).arg("--version").output();
    let Ok(output) = output else {
        let required = env::var_os("QUARTET_REQUIRE_PEERS").is_some();
        assert!(!required, "there is no protoc: install one, or name it in PROTOC");
        println!("descriptors are not compared: there is no protoc");
        return None;
    };
    // `libprotoc 3.21.12` and `libprotoc 31.0` alike.
    let text = String::from_utf8_lossy(&output.stdout).replace("libprotoc 3.2", "libprotoc 2");
    let version = text.split([' ', '.']).filter_map(|part| part.trim().parse().ok()).next();
    let version = version.unwrap_or_else(|| panic!("no version of protoc is in `{text}`"));
    Some(Protoc { command, version })
}

impl Protoc {
    /// Compares each descriptor that was generated with that of protoc.
    pub fn compare(&self, set: &Set, generated: &Path) {
        let ours = read(&generated.join("descriptors.bin"));
        let theirs = self.descriptors(set, generated);
        let mut different = Vec::new();
        for (name, theirs) in &theirs {
            // Those that come along are of other versions.
            if name.starts_with("google/protobuf/") {
                continue;
            }
            match ours.get(name) {
                None => different.push(format!("{name}: there is none")),
                Some(ours) if !same(&bytes(ours), &bytes(theirs)) => {
                    different.push(first_difference(name, ours, theirs));
                }
                Some(_) => {}
            }
        }
        assert!(
            different.is_empty(),
            "{}: {} of {} descriptors are not those of protoc:\n{}",
            set.name,
            different.len(),
            theirs.len(),
            different.join("\n")
        );
        let (count, version) = (theirs.len(), self.version);
        println!("{}: {count} descriptors are those of protoc {version}", set.name);
    }

    fn descriptors(&self, set: &Set, out: &Path) -> HashMap<String, FileDescriptorProto> {
        let path = out.join("protoc.bin");
        let mut protoc = Command::new(&self.command[0]);
        protoc.args(&self.command[1..]).arg("--include_imports").arg("-o").arg(&path);
        for include in &set.includes {
            protoc.arg(format!("-I{}", include.display()));
        }
        let output = protoc.args(&set.files).output().expect("protoc starts");
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: protoc: {words}", set.name);
        read(&path)
    }
}

fn read(path: &Path) -> HashMap<String, FileDescriptorProto> {
    let bytes = fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let set = FileDescriptorSet::parse_from_bytes(&bytes).expect("it is a descriptor set");
    set.file.into_iter().map(|file| (file.name().to_owned(), plain(file))).collect()
}

/// The file without options that have nothing in them: protoc gives them to a method with
/// empty braces instead of a semicolon.
fn plain(mut file: FileDescriptorProto) -> FileDescriptorProto {
    for method in file.service.iter_mut().flat_map(|service| &mut service.method) {
        if method.options.as_ref().is_some_and(|options| *options == MethodOptions::new()) {
            method.options.clear();
        }
    }
    file
}

fn bytes(file: &FileDescriptorProto) -> Vec<u8> {
    file.write_to_bytes().expect("it is serialized")
}

/// Whether descriptors have the same fields. They may differ in what means the same: the
/// order of a map's entries, and whether an option that is set in parts is in parts.
fn same(ours: &[u8], theirs: &[u8]) -> bool {
    ours == theirs || fields(ours) == fields(theirs)
}

/// The fields of a message as text, sorted, and those of options (their numbers are high) in
/// one; none if it is no message.
fn fields(bytes: &[u8]) -> Option<Vec<String>> {
    let message = Empty::parse_from_bytes(bytes).ok()?;
    let mut found = Vec::new();
    let mut options: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    for (number, value) in message.special_fields.unknown_fields().iter() {
        match value {
            UnknownValueRef::LengthDelimited(bytes) if number >= 1000 => {
                options.entry(number).or_default().extend(bytes);
            }
            UnknownValueRef::LengthDelimited(bytes) => found.push(text(number, bytes)),
            other => found.push(format!("{number} {other:?}")),
        }
    }
    found.extend(options.iter().map(|(number, bytes)| text(*number, bytes)));
    found.sort();
    Some(found)
}

fn text(number: u32, bytes: &[u8]) -> String {
    match fields(bytes) {
        Some(fields) => format!("{number} {fields:?}"),
        None => format!("{number} {bytes:?}"),
    }
}

/// The first lines in which two descriptors as text differ.
fn first_difference(
    name: &str,
    ours: &FileDescriptorProto,
    theirs: &FileDescriptorProto,
) -> String {
    let [ours, theirs] =
        [ours, theirs].map(|file| protobuf::text_format::print_to_string_pretty(file));
    let mut lines = (1..).zip(ours.lines().zip(theirs.lines()));
    match lines.find(|(_, (ours, theirs))| ours != theirs) {
        Some((number, (ours, theirs))) => {
            format!("{name}: at line {number} as text:\n  ours:   {ours}\n  protoc: {theirs}")
        }
        None => format!("{name}: of {} and {} lines", ours.lines().count(), theirs.lines().count()),
    }
}
