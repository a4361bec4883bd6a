#!/usr/bin/env bash
# COMMIT/VERSION/STATE/KIND/TLS
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
.venv/bin/envoy --version | sed -n 's|.*version: [^/]*/\([^/]*\)/.*|\1|p'
