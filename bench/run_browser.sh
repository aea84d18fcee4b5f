#!/usr/bin/env bash
# The browser as detector: speed, accuracy and size, each by one command (--help lists them).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

start_bench browser/main.ts "$@"
