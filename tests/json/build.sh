#!/usr/bin/env bash
# Installs Python's protobuf, at a fixed version, into .venv. What is there is left alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

if ! cmp -s requirements.txt .venv/installed.txt; then
  python3 -m venv .venv
  .venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
  cp requirements.txt .venv/installed.txt
fi
