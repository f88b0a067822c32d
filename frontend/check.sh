#!/bin/sh
# Fails when hub/web/static, as committed, is not what the sources here build to, or when a client
# generated from openapi/v1.json does not compile.
set -eu
cd "$(dirname "$0")"
./build.sh
if [ -n "$(git status --porcelain -- ../hub/web/static)" ]; then
    git status --short -- ../hub/web/static >&2
    echo "hub/web/static is not what frontend/ builds to: run frontend/build.sh and commit the result." >&2
    exit 1
fi
# A project of its own: the generator needs the compiler as a library, which TypeScript 7 no longer is.
cd client
npm ci --no-audit --no-fund --loglevel=error
npm run --silent check
