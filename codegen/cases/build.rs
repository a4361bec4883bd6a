//! Generates the code of every hard case.

fn main() -> Result<(), quartet_codegen::Error> {
    quartet_codegen::Builder::new()
        .include("proto")
        .protos([
            "b/kw.proto",
            "docs.proto",
            "methods.proto",
            "nested.proto",
            "prelude.proto",
            "services.proto",
            "unpackaged.proto",
            "well_known.proto",
            "x/type/v1/type.proto",
        ])
        .compile()
}
