//! Generates the code of the greeter, and links the seam.

fn main() -> Result<(), quartet_codegen::Error> {
    quartet_codegen::Builder::new().include("proto").protos(["greet/greeter.proto"]).compile()
}
