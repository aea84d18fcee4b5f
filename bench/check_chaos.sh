#!/usr/bin/env bash
# Ten minutes of kills and cuts: how soon detection is back, and what is left behind (--help lists the options).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh
. bench/lib/hosts.sh

# The laptop (server and viewer) and the phone, with the air between them: an access point that can be cut in two ways.
laptop=$(host_name laptop)
air=$(host_name air)
phone=$(host_name phone)

require_tools
install_packages
for word in "$@"; do
  case $word in -h | --help) exec node bench/start.mjs bench/chaos/main.ts --help ;; esac
done
require_hosts check_chaos
build_pages
build_server

trap 'remove_hosts "$laptop" "$air" "$phone"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# A host's only interface is called wlan0, and the access point's end of it like the host.
join_air() {
  ip -netns "$1" link add wlan0 type veth peer name "$2" netns "$air"
  ip -netns "$1" address add "$3/24" dev wlan0
  ip -netns "$1" link set wlan0 up
  ip -netns "$1" route add default via 10.78.1.254
  ip -netns "$air" link set "$2" master ap
  ip -netns "$air" link set "$2" up
}

for host in "$laptop" "$air" "$phone"; do add_host "$host"; done
ip -netns "$air" link add ap type bridge
ip -netns "$air" link set ap up
join_air "$laptop" laptop 10.78.1.1
join_air "$phone" phone 10.78.1.2

AIR=$air PHONE_HOST=$phone ip netns exec "$laptop" node bench/start.mjs bench/chaos/main.ts "$@"
