#!/usr/bin/env bash
# A phone whose wall clock is seconds off: end-to-end latency stays as it is (--help lists the options).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

start_bench checks/clock.ts "$@"
