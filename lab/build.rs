//! Generates the messages of gRPC's benchmark contract.

fn main() {
    println!("cargo:rerun-if-changed=../proto/grpc/testing");
    protobuf_codegen::Codegen::new()
        .pure()
        .include("../proto")
        .inputs(
            ["control", "messages", "payloads", "stats"]
                .map(|it| format!("../proto/grpc/testing/{it}.proto")),
        )
        .cargo_out_dir("messages")
        .run_from_script();
}
