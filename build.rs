//! Generates the messages, the stubs and the service trait of the chat service.

fn main() -> Result<(), quartet_codegen::Error> {
    quartet_codegen::Builder::new().include("proto").protos(["chat/chat.proto"]).compile()
}
