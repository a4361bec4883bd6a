#!/usr/bin/env bash
# Builds bin/server.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

version=v2.12.0
if [[ $(go version -m bin/server 2>/dev/null | awk '$1 == "mod" {print $3}') != "$version" ]]; then
    GOBIN=$PWD/bin go install "github.com/Shopify/toxiproxy/v2/cmd/server@$version"
fi
