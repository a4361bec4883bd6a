//! Generates messages by protobuf-codegen and stubs by grpcio-compiler, without protoc.

use std::error::Error;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use protobuf::Message;
use protobuf::descriptor::FileDescriptorProto;
use protobuf2::Message as _;

const INCLUDE: &str = "../../proto";

const PROTOS: &[&str] = &[
    "chat/chat.proto",
    "grpc/testing/benchmark_service.proto",
    "grpc/testing/control.proto",
    "grpc/testing/empty.proto",
    "grpc/testing/messages.proto",
    "grpc/testing/payloads.proto",
    "grpc/testing/stats.proto",
    "grpc/testing/test.proto",
    "grpc/testing/worker_service.proto",
    "xds/data/orca/v3/orca_load_report.proto",
    "xds/service/orca/v3/orca.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    let protos = PROTOS.iter().map(|proto| Path::new(INCLUDE).join(proto)).collect::<Vec<_>>();
    for proto in &protos {
        println!("cargo::rerun-if-changed={}", proto.display());
    }
    protobuf_codegen::Codegen::new()
        .pure()
        .include(INCLUDE)
        .inputs(&protos)
        .cargo_out_dir("proto")
        .run()?;
    stubs(&protos, &PathBuf::from(std::env::var("OUT_DIR")?).join("proto"))
}

/// Adds the stubs to the folder of the messages, and to its mod.rs.
fn stubs(protos: &[PathBuf], folder: &Path) -> Result<(), Box<dyn Error>> {
    let parsed = protobuf_parse::Parser::new()
        .pure()
        .include(INCLUDE)
        .inputs(protos)
        .parse_and_typecheck()?;
    let files = parsed.file_descriptors.iter().map(to_protobuf_2).collect::<Result<Vec<_>, _>>()?;
    let names = parsed.relative_paths.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut modules = OpenOptions::new().append(true).open(folder.join("mod.rs"))?;
    for file in grpcio_compiler::codegen::r#gen(&files, &names) {
        // `box_pointers` is no lint any more, and a crate that forbids unsafe code
        // accepts no module that allows it.
        let text = String::from_utf8(file.content)?
            .replace("#![allow(box_pointers)]\n", "")
            .replace("#![allow(unsafe_code)]\n", "");
        fs::write(folder.join(&file.name), text)?;
        writeln!(modules, "pub mod {};", file.name.trim_end_matches(".rs"))?;
    }
    Ok(())
}

fn to_protobuf_2(
    file: &FileDescriptorProto,
) -> Result<protobuf2::descriptor::FileDescriptorProto, Box<dyn Error>> {
    Ok(protobuf2::descriptor::FileDescriptorProto::parse_from_bytes(&file.write_to_bytes()?)?)
}
