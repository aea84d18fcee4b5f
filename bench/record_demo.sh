#!/usr/bin/env bash
# Films phone and viewer at work: docs/demo.mp4 (--help lists the options).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
# The caller's folder stays the current one: that is where --out is named from.
(
  cd "$root"
  . scripts/setup.sh
  require_tools
  install_packages
)
exec node "$root/bench/start.mjs" "$root/bench/film/main.ts" "$@"
