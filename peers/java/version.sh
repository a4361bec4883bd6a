#!/usr/bin/env bash
# The grpc-java that both the interop programs and the chat programs run on.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/build/interop/lib"

core=$(basename grpc-core-[0-9]*.jar .jar)
echo "${core#grpc-core-}"
