#!/usr/bin/env bash
# Installs and builds what is missing, then serves Sightline.
set -euo pipefail
cd "$(dirname "$0")"
. scripts/setup.sh

usage() {
  cat <<'END'
usage: ./start.sh [--mode server|wasm|auto] [--port N] [--public-host HOST] [--host ADDRESS] [server options]

Installs and builds what is missing (needs Rust and Node.js), then serves the viewer on this computer and
the phone page on the local network, and shows the QR code to scan.

  --mode MODE         where inference runs: server (this computer), wasm (the viewer's browser) or auto
                      (the viewer picks); default: server if this computer has a GPU, else wasm [MODE]
  --port N            port for HTTP and HTTPS, default 3000                                 [PORT]
  --public-host HOST  host, host:port or https:// address that phones reach this machine by,
                      default: its LAN address                                              [PUBLIC_HOST]
  --host ADDRESS      address to listen on, default 0.0.0.0                                 [SIGHTLINE_HOST]
  -h, --help          this text; after the first build also all options of the server

The names in brackets are environment variables with the same meaning.
END
  if [ -x target/release/sightline ]; then
    printf '\nAll options of the server:\n\n'
    target/release/sightline --help
  fi
}

for argument in "$@"; do
  case $argument in
    -h | --help) usage; exit ;;
  esac
done

require_tools
install_packages
build_pages
build_server
exec target/release/sightline "$@"
