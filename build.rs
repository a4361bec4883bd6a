//! Generates the messages, stubs and service traits of `proto/`, and links the seam.

fn main() -> Result<(), quartet_codegen::Error> {
    quartet_codegen::Builder::new().include("proto").protos(["chat/chat.proto"]).compile()
}
