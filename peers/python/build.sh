#!/usr/bin/env bash
# Makes .venv-VARIANT with what requirements-VARIANT.txt asks for, and puts the stubs into it:
# those of grpc.testing can only be imported from inside the package grpc.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

variant=${1:-1.85.1}
requirements=requirements-$variant.txt
if [[ ! -f $requirements ]]; then
    echo "build.sh: no such variant: $variant" >&2
    exit 2
fi

venv=.venv-$variant
proto=../../proto
built=$venv/built
if [[ -e $built && -z $(find build.sh "$requirements" $proto -newer "$built" -type f) ]]; then
    exit
fi

python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: -r "$requirements"
packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
(
    cd $proto
    find chat grpc xds -name '*.proto'
) | xargs "$venv/bin/python" -W ignore -m grpc_tools.protoc -I $proto \
    --python_out="$packages" --grpc_python_out="$packages"
touch "$packages/chat/__init__.py" # So that it wins over the stubs of chat/build.sh.
touch "$built"
