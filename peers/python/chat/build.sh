#!/usr/bin/env bash
# Makes .venv with what requirements.txt asks for, and the stubs in chat/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
.venv/bin/python -m grpc_tools.protoc -I ../../../proto \
    --python_out=. --pyi_out=. --grpc_python_out=. chat/chat.proto
