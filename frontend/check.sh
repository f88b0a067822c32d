#!/bin/sh
# Fails when hub/web/static, as committed, is not what the sources here build to.
set -eu
cd "$(dirname "$0")"
./build.sh
if [ -n "$(git status --porcelain -- ../hub/web/static)" ]; then
    git status --short -- ../hub/web/static >&2
    echo "hub/web/static is not what frontend/ builds to: run frontend/build.sh and commit the result." >&2
    exit 1
fi
