#!/usr/bin/env bash
# Builds bin/{chat,interop}-{server,client} and bin/bench-worker, with Debian's libgrpc++-dev and
# protobuf-compiler-grpc.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

pkg-config --print-errors --exists grpc++ protobuf
make --silent --jobs=2 all
