#!/usr/bin/env bash
# Latency and pairing as the viewer tells them, against what the painted pixels say (--help lists the options).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

start_bench checks/truth.ts "$@"
