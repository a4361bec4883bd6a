#!/usr/bin/env bash
# Makes .venv with what requirements.txt asks for.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

if [[ .venv/built -nt requirements.txt ]]; then
    exit
fi
python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
touch .venv/built
