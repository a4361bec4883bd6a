#!/usr/bin/env bash
# Builds chat/target/release/{chat,interop}-{server,client} and bench-worker.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

cargo build --release --locked --quiet --target-dir chat/target
