#!/usr/bin/env bash
# uplink_kbps, downlink_kbps and video_kbps against the kernel's counters (--help lists the options).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

# Three hosts, each pair on a wire of its own: the detection socket passes one wire, the video another. An interface
# is called after the host it leads to.
server=sightline-server-$$
viewer=sightline-viewer-$$
phone=sightline-phone-$$

require_tools
install_packages
for word in "$@"; do
  case $word in -h | --help) exec node bench/start.mjs bench/checks/bandwidth.ts --help ;; esac
done
[ "$(uname)" = Linux ] || fail "check_bandwidth needs Linux: its network namespaces count the bytes"
command -v ip >/dev/null || fail "ip is missing: install iproute2"
[ "$(id -u)" = 0 ] || fail "network namespaces need root: sudo env \"PATH=\$PATH\" \"HOME=\$HOME\" bench/check_bandwidth.sh"
build_pages
[ -n "${SIGHTLINE_BIN:-}" ] || build_server

# Whatever still runs on the three hosts was started here.
remove_hosts() {
  local host pids
  for host in "$server" "$viewer" "$phone"; do
    pids=$(ip netns pids "$host" 2>/dev/null) || continue
    [ -z "$pids" ] || kill -KILL $pids 2>/dev/null || true
    ip netns del "$host" || true
  done
}
trap remove_hosts EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

add_host() {
  ip netns add "$1" || fail "no network namespace can be made here: root needs CAP_SYS_ADMIN (not every container gives it)"
  # Its headers are longer than what is reckoned with.
  ip netns exec "$1" sh -c 'off=/proc/sys/net/ipv6/conf/all/disable_ipv6; [ ! -e $off ] || echo 1 >$off'
  ip -netns "$1" link set lo up
}

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
