#!/bin/sh
# Rebuilds hub/web/static from the locked packages. The result is committed: running the hub needs no Node.
# `./build.sh --check` fails when what is committed differs from what the sources build to.
set -eu
cd "$(dirname "$0")"
npm ci --no-audit --no-fund --loglevel=error
npm run --silent check
npm run --silent build
if [ "${1:-}" = "--check" ] && [ -n "$(git status --porcelain -- ../hub/web/static)" ]; then
    echo "hub/web/static is not what frontend/ builds to: run frontend/build.sh and commit the result." >&2
    git status --short -- ../hub/web/static >&2
    exit 1
fi
