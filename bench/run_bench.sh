#!/usr/bin/env bash
# Phone, viewer and server as people use them, measured: metrics.json and report.html (--help lists the options).
set -euo pipefail
. "$(dirname "$0")/../scripts/setup.sh"

# The caller's folder stays the current one: that is where the options' files are.
start_bench session/main.ts "$@"
