#!/usr/bin/env bash
# Builds bin/chat-server and bin/chat-client; the .pb.go files are made on the way.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

go run ./generate
go build -o bin/chat-server ./server
go build -o bin/chat-client ./client
