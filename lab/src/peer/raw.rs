//! The lab's own server as a peer: it is there, and has neither folder nor programs.

use std::path::PathBuf;

use super::Peer;
use super::prepare::Prepared;

/// Its name. No folder of a peer may have it.
pub const NAME: &str = "raw";

const MANIFEST: &str = r#"
    stack = "the lab's own"
    language = "Rust"
    homepage = "https://github.com/grpc/grpc/blob/master/doc/negative-http2-interop-test-descriptions.md"
    version = ["lab", "--version"]
"#;

/// The server of suite `http2`.
pub fn prepared() -> Prepared {
    let peer = Peer {
        name: NAME.into(),
        variant: None,
        folder: PathBuf::new(),
        manifest: toml::from_str(MANIFEST).expect("a manifest"),
        known_failing: Vec::new(),
    };
    Prepared { peer, version: Ok(env!("CARGO_PKG_VERSION").into()) }
}
