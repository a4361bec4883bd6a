#!/usr/bin/env bash
# The version of connectrpc that Cargo.lock has.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

sed -n '/^name = "connectrpc"$/{n;s/version = "\(.*\)"/\1/p;}' Cargo.lock
