#!/usr/bin/env bash
# Builds chat/target/release/{chat,interop}-{server,client} and bench-worker.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# What cargo sets for the tests that call this would be a change to ring, which is then rebuilt.
unset CARGO_MANIFEST_DIR CARGO_MANIFEST_LINKS CPLUS_INCLUDE_PATH "${!CARGO_PKG_@}"

cargo build --release --locked --quiet --target-dir chat/target
cargo build --profile bench --locked --quiet --target-dir chat/target --package tonic-bench-peer
