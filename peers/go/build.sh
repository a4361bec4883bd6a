#!/usr/bin/env bash
# Builds the chat programs, and into bin gRPC's own interop programs and benchmark worker of the
# same version.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

chat/build.sh
grpc=$(go -C chat list -m -f '{{.Version}}' google.golang.org/grpc)
for program in interop/{client,server,http2} benchmark/worker; do
    there=$(go version -m "bin/${program#*/}" 2>/dev/null | awk '$2 == "google.golang.org/grpc" {print $3}' || true)
    if [[ $there != "$grpc" ]]; then
        GOBIN=$PWD/bin go install "google.golang.org/grpc/$program@$grpc"
    fi
done
