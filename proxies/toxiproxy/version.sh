#!/usr/bin/env bash
# Prints the version that was built in.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

go version -m bin/server | awk '$1 == "mod" {print $3}'
