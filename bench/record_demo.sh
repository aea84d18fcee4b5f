#!/usr/bin/env bash
# Films phone and viewer at work: docs/demo.mp4 (--help lists the options).
set -euo pipefail
. "$(dirname "$0")/../scripts/setup.sh"

# The caller's folder stays the current one: that is where --out is named from.
start_bench film/main.ts "$@"
