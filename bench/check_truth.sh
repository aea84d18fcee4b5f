#!/usr/bin/env bash
# Latency and pairing as the viewer tells them, against what the painted pixels say (--help lists the options).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

require_tools
install_packages
exec node bench/start.mjs bench/checks/truth.ts "$@"
