#!/usr/bin/env bash
# Load: many clients on the detection socket, beside bare sessions on the same cores (--help lists the options).
set -euo pipefail
cd "$(dirname "$0")/.."
exec cargo run --release --quiet --example load -- "$@"
