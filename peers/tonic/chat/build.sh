#!/usr/bin/env bash
# Builds target/release/chat-server and target/release/chat-client.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

cargo build --release --locked --target-dir target
