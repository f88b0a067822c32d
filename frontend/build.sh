#!/bin/sh
# Rebuilds hub/web/static from the locked packages. The result is committed: running the hub needs no Node.
set -eu
cd "$(dirname "$0")"
npm ci --no-audit --no-fund --loglevel=error
npm run --silent check
npm run --silent build
