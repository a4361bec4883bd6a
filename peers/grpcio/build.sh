#!/usr/bin/env bash
# Builds the programs where peer.toml looks for them, on the bundled core.
set -euo pipefail
cd "$(dirname "$0")/../.."
env -u CARGO_TARGET_DIR -u GRPCIO_SYS_USE_PKG_CONFIG cargo build --release --locked --quiet --workspace --bin grpcio-peer
