#!/usr/bin/env bash
# One client at 10 FPS: the server's time per frame beside a bare session.run (--help lists the options).
set -euo pipefail
cd "$(dirname "$0")/.."
exec cargo run --release --quiet --example latency -- "$@"
