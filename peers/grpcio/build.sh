#!/usr/bin/env bash
# Builds the programs, with the rest of the package.
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo build --release --locked --quiet --bin chat-server --package quartet --package grpcio-peer --bin grpcio-peer
