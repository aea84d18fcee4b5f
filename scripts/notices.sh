#!/usr/bin/env bash
# Writes THIRD-PARTY-NOTICES.md: what of others ships with Sightline, and under which terms.
# usage: scripts/notices.sh [--check]
#   --check   writes nothing; fails when the file is not what the lock files give
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

case ${1:---write} in
  --write | --check) ;;
  *) fail "unknown argument $1; usage: scripts/notices.sh [--check]" ;;
esac

require_tools
install_packages
# Of every platform that ships, not only of this one. Silent and offline when they are there.
platforms=(x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu aarch64-apple-darwin)
cargo fetch --quiet --locked "${platforms[@]/#/--target=}"
exec node bench/start.mjs scripts/notices/main.ts "${1:---write}" "${platforms[@]}"
