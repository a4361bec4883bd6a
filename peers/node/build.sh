#!/usr/bin/env bash
# Makes node_modules with what package-lock.json asks for.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

installed=node_modules/.package-lock.json
if [[ ! $installed -nt package-lock.json ]]; then
    npm ci --silent --ignore-scripts --no-audit --no-fund
fi
