#!/usr/bin/env bash
# Builds target/release/connect-rust-peer.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# What cargo and the workspace around it set for C-core is nothing to the C libraries here.
unset CARGO_MANIFEST_DIR CARGO_MANIFEST_LINKS CPLUS_INCLUDE_PATH "${!CARGO_PKG_@}"

cargo build --release --locked --quiet --target-dir target
