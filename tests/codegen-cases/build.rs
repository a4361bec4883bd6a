//! Generates the code of every hard case.

fn main() -> Result<(), quartet_codegen::Error> {
    quartet_codegen::Builder::new()
        .include("proto")
        .protos([
            "b/kw.proto",
            "clashes/config.proto",
            "columns.proto",
            "docs.proto",
            "marked.proto",
            "methods.proto",
            "more_keywords.proto",
            "nested.proto",
            "newer_options.proto",
            "options.proto",
            "prelude.proto",
            "services.proto",
            "unpackaged.proto",
            "well_known.proto",
            "x/type/v1/type.proto",
        ])
        .compile()
}
