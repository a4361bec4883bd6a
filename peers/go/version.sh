#!/usr/bin/env bash
# The grpc-go in the built programs: one version, or all that are there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

go version -m bin/client bin/server chat/bin/chat-client chat/bin/chat-server |
    awk '$2 == "google.golang.org/grpc" {print substr($3, 2)}' | sort -u | paste -sd ' '
