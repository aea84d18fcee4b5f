# Hosts of their own on this machine: network namespaces and the wires between them. Sourced by the checks that need
# them, after scripts/setup.sh.

# Names what is made here, so that two checks do not meet.
host_name() { printf 'sightline-%s-%s' "$1" "$$"; }

require_hosts() {
  [ "$(uname)" = Linux ] || fail "$1 needs Linux: its network namespaces are the hosts"
  command -v ip >/dev/null || fail "ip is missing: install iproute2"
  [ "$(id -u)" = 0 ] || fail "network namespaces need root: sudo env \"PATH=\$PATH\" \"HOME=\$HOME\" bench/$1.sh"
}

add_host() {
  ip netns add "$1" || fail "no network namespace can be made here: root needs CAP_SYS_ADMIN (not every container gives it)"
  # Its headers are longer than what is reckoned with.
  ip netns exec "$1" sh -c 'off=/proc/sys/net/ipv6/conf/all/disable_ipv6; [ ! -e $off ] || echo 1 >$off'
  ip -netns "$1" link set lo up
}

# Whatever still runs on these hosts was started here.
remove_hosts() {
  local host pids
  for host in "$@"; do
    pids=$(ip netns pids "$host" 2>/dev/null) || continue
    [ -z "$pids" ] || kill -KILL $pids 2>/dev/null || true
    ip netns del "$host" || true
  done
}
