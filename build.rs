//! Generates the messages, the stubs and the service trait of the chat service.

use protobuf_codegen::Customize;

fn main() -> Result<(), quartet_codegen::Error> {
    quartet_codegen::Builder::new()
        .include("proto")
        .protos(["chat/chat.proto"])
        // `message.user()`, for those who only read.
        .customize(Customize::default().generate_getter(true))
        .compile()
}
