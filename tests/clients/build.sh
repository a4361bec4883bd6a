#!/usr/bin/env bash
# Installs the clients that others wrote: bin/grpcurl, bin/ghz, and .venv with what
# requirements.txt asks for. What is there at the right version is left alone.
# usage: build.sh [go | python]     one of the two kinds; both by default
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# go_tool NAME MODULE PACKAGE VERSION
go_tool() {
  if ! go version -m "bin/$1" 2>/dev/null | grep -qP "^\tmod\t$2\t$4\t"; then
    GOBIN=$PWD/bin go install "$3@$4"
  fi
}

go_tools() {
  go_tool grpcurl github.com/fullstorydev/grpcurl github.com/fullstorydev/grpcurl/cmd/grpcurl v1.9.3
  go_tool ghz github.com/bojand/ghz github.com/bojand/ghz/cmd/ghz v0.120.0
}

python_packages() {
  if ! cmp -s requirements.txt .venv/installed.txt; then
    python3 -m venv .venv
    .venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
    cp requirements.txt .venv/installed.txt
  fi
}

case "${1:-both}" in
  go) go_tools ;;
  python) python_packages ;;
  both) go_tools && python_packages ;;
  *) sed -n '2,4s/^# //p' "$0" >&2; exit 2 ;;
esac
