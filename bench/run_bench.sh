#!/usr/bin/env bash
# Phone, viewer and server as people use them, measured: metrics.json and report.html (--help lists the options).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
# The caller's folder stays the current one: that is where the options' files are.
(
  cd "$root"
  . scripts/setup.sh
  require_tools
  install_packages
)
exec node "$root/bench/start.mjs" "$root/bench/session/main.ts" "$@"
