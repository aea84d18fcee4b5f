#!/usr/bin/env bash
# Installs and builds what is missing, then serves Sightline.
set -euo pipefail
cd "$(dirname "$0")"
. scripts/setup.sh

usage() {
  cat <<'END'
usage: ./start.sh [--mode server|wasm|auto] [--port N] [--public-host HOST] [--host ADDRESS] [server options]
       ./start.sh --demo [--no-open] [the same options]
       ./start.sh check [the same options]      tells whether this machine is ready to serve, and what it lacks

Installs and builds what is missing (needs Rust and Node.js), then serves the viewer on this computer and
the phone page on the local network, and shows the QR code to scan.

  --mode MODE         where inference runs: server (this computer), wasm (the viewer's browser) or auto
                      (the viewer picks); default: server if this computer has a GPU, else wasm [MODE]
  --port N            port for HTTP and HTTPS, default 3000                                 [PORT]
  --public-host HOST  host, host:port or https:// address that phones reach this machine by,
                      default: its LAN address                                              [PUBLIC_HOST]
  --host ADDRESS      address to listen on, default 0.0.0.0                                 [SIGHTLINE_HOST]
  --ngrok             starts your ngrok, and phones come by its public address (no warning); the video stays local
  --tunnel PROGRAM    the same by ngrok, cloudflared or localtunnel                         [TUNNEL]
  --cert FILE --key FILE  a certificate of your own (PEM) in place of the one made here     [CERT, KEY]
  --demo              no phone at hand: a recorded clip plays in place of one, and the viewer opens in the browser
                      (builds more: minutes the first time; mode server unless told otherwise)
  --no-open           with --demo: open no browser
  --docker            build and serve in a container (needs only Docker); takes --mode, --port and --public-host;
                      the code to scan is in the viewer then
  -h, --help          this text; after the first build also all options of the server

The names in brackets are environment variables with the same meaning. SIGHTLINE_BIN names a server that is
built already, to be started in place of the one that would be built here.
END
  if [ -x target/release/sightline ]; then
    printf '\nAll options of the server:\n\n'
    target/release/sightline --help
  fi
}

demo='' docker=''
options=()
for argument in "$@"; do
  case $argument in
    -h | --help) usage; exit ;;
    --demo) demo=yes ;;
    --docker) docker=yes ;;
    *) options+=("$argument") ;;
  esac
done
# An empty list counts as unset in the bash of a Mac.
set -- ${options[@]+"${options[@]}"}

if [ -n "$docker" ]; then
  [ -z "$demo" ] || fail "--demo and --docker do not go together"
  . scripts/docker.sh
  serve_in_docker "$@"
fi

require_tools
install_packages
build_pages
server=${SIGHTLINE_BIN:-target/release/sightline}
if [ -n "$demo" ]; then
  build_phone
  exec "$server" demo "$@"
fi
build_server
exec "$server" "$@"
