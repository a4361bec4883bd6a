#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
.venv/nginx -v 2>&1 | sed -n 's|.*nginx/||p'
