//! Compiles chat.proto without protoc.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=../../../proto/chat/chat.proto");
    let files = protox::compile(["chat/chat.proto"], ["../../../proto"])?;
    tonic_prost_build::compile_fds(files)?;
    Ok(())
}
