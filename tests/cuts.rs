//! What quartet's channels and servers have C-core leave out, and bare grpcio's do not.

use std::env;
use std::process::Command;

use chat::{Chat, message};
use grpcio::CompressionAlgorithms;

use crate::support::process::{chat_server, start};
use crate::support::relay::relay;
use crate::support::{client, core_is_ours, run, serve};

const KEPT: &str = "QUARTET_KEEP";

/// The log of a server that keeps these filters, and has answered a call.
fn log_of_server(kept: &str) -> String {
    let mut command = chat_server();
    command.env(KEPT, kept).env("RUST_LOG", "quartet_seam=debug");
    let server = start(command, ["--listen", "127.0.0.1:0"]);
    let address = server.line().trim_start_matches("listening on ").to_owned();
    let _ = run(client(&address).say_hello(message("Ada", "")));
    server.signal("TERM");
    server.end().stderr
}

#[test]
fn a_server_is_without_filters_unless_they_are_to_be_kept() {
    if !core_is_ours() {
        return;
    }
    const ALL: [&str; 3] = ["compression", "server_call_tracer", "server-auth"];
    for (kept, left_out) in
        [("", &ALL[..]), ("compression", &ALL[1..]), ("auth, tracer", &ALL[..1]), ("all", &[])]
    {
        let log = log_of_server(kept);
        for filter in ALL {
            let said = log.contains(&format!("C-core's filter {filter} is left out"));
            assert_eq!(said, left_out.contains(&filter), "{filter}, with {kept:?} kept: {log}");
        }
    }
}

#[test]
fn a_name_of_nothing_is_warned_of() {
    let log = log_of_server("retry");
    let warning = "QUARTET_KEEP: nothing is called retry; \
                   there are compression, tracer, auth, close, text, writes, and all";
    assert!(log.contains(warning), "{log}");
}

/// By the size of what a bare channel sends, beside one of ours: what is set on a channel is its own.
#[test]
fn bare_grpcio_keeps_its_compression() {
    let served = serve(Chat::default());
    run(served.client().say_hello(message("Ada", ""))).expect("a call of ours");
    let relay = relay(&served.target);
    let channel = grpcio::ChannelBuilder::new(std::sync::Arc::new(grpcio::Environment::new(1)))
        .default_compression_algorithm(CompressionAlgorithms::GRPC_COMPRESS_GZIP)
        // Left alone, the bundled core compresses nothing.
        .raw_cfg_int(c"grpc.gzip_compression_level".into(), 6)
        .set_credentials(grpcio::ChannelCredentials::insecure())
        .connect(&relay.address);
    let client = chat::bare::ChatServiceClient::new(channel);
    run(client.say_hello_async(&message("Ada", "x".repeat(100_000))).unwrap()).unwrap();
    let (up, _) = relay.taken();
    assert!(up < 5_000, "bare grpcio has not compressed: {up} bytes");
}

/// Our own compression with C-core's filter for it in the way, for one.
#[test]
fn nothing_changes_where_nothing_is_cut() {
    if !core_is_ours() || env::var_os(KEPT).is_some() {
        return;
    }
    let tests = Command::new(env::current_exe().unwrap())
        .args([
            "compression::",
            "metadata::",
            "cardinality::",
            "cancellation::",
            "endings::",
            "traps::",
        ])
        .env(KEPT, "all")
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&tests.stdout);
    assert!(tests.status.success(), "{output}");
    let one = "test compression::a_server_keeps_to_what_the_client_accepts ... ok";
    assert!(output.contains(one), "{output}");
}
