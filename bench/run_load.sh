#!/usr/bin/env bash
# Overload: many clients without credit beside bare sessions on the same cores (--help lists the options).
set -euo pipefail
cd "$(dirname "$0")/.."
exec cargo run --release --quiet --example load -- "$@"
