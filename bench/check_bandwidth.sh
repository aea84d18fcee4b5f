#!/usr/bin/env bash
# uplink_kbps, downlink_kbps and video_kbps against the kernel's counters (--help lists the options).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh
. bench/lib/hosts.sh

# Three hosts, each pair on a wire of its own: the detection socket passes one wire, the video another. An interface
# is called after the host it leads to.
server=$(host_name server)
viewer=$(host_name viewer)
phone=$(host_name phone)

require_tools
install_packages
for word in "$@"; do
  case $word in -h | --help) exec node bench/start.mjs bench/checks/bandwidth.ts --help ;; esac
done
require_hosts check_bandwidth
build_pages
build_server

trap 'remove_hosts "$server" "$viewer" "$phone"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# wire NUMBER HOST NAME HOST NAME: 10.77.NUMBER.1 is the first host's end, .2 the second's.
wire() {
  ip -netns "$2" link add "$5" type veth peer name "$3" netns "$4"
  ip -netns "$2" address add "10.77.$1.1/24" dev "$5"
  ip -netns "$4" address add "10.77.$1.2/24" dev "$3"
  ip -netns "$2" link set "$5" up
  ip -netns "$4" link set "$3" up
}

for host in "$server" "$viewer" "$phone"; do add_host "$host"; done
wire 1 "$server" server "$viewer" viewer
wire 2 "$server" server "$phone" phone
wire 3 "$viewer" viewer "$phone" phone

VIEWER_HOST=$viewer PHONE_HOST=$phone ip netns exec "$server" node bench/start.mjs bench/checks/bandwidth.ts "$@"
