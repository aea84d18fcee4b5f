# A Docker daemon of our own, and base images made from Debian's packages and this computer's Rust and Node.js: for a
# computer that has no daemon, or where no image can be pulled. Sourced by check.sh; $work is its folder.

own_daemon_needs() {
  local missing=() command
  [ "$(id -u)" = 0 ] || fail "a daemon of one's own needs root"
  ! ip link show docker0 >/dev/null 2>&1 || fail "there is a Docker network already: run it without --own-daemon"
  for command in dockerd docker docker-compose debootstrap iptables-save ip; do
    command -v "$command" >/dev/null || missing+=("$command")
  done
  [ ${#missing[@]} -eq 0 ] ||
    fail "missing: ${missing[*]}. On Debian: apt-get install docker.io docker-compose debootstrap iptables iproute2"
}

start_daemon() {
  export DOCKER_HOST=unix://$work/docker.sock
  mkdir -p "$work/data" "$work/exec"
  # A table that nobody has looked at yet is not saved.
  iptables --list >/dev/null && iptables --table nat --list >/dev/null
  iptables-save >"$work/iptables"
  forwarding=$(cat /proc/sys/net/ipv4/ip_forward)
  # A session of its own: Ctrl-C reaches the check, which then stops containers before the daemon.
  setsid dockerd --host "$DOCKER_HOST" --storage-driver "${STORAGE_DRIVER:-overlay2}" --data-root "$work/data" \
    --exec-root "$work/exec" --pidfile "$work/docker.pid" >"$work/dockerd.log" 2>&1 &
  daemon=$!
  until docker info >/dev/null 2>&1; do
    kill -0 "$daemon" 2>/dev/null ||
      fail "dockerd does not start: $(tail -1 "$work/dockerd.log") (STORAGE_DRIVER=vfs works where overlay2 does not)"
    sleep 0.2
  done
}

# Docker leaves its bridge and its rules behind.
stop_daemon() {
  [ -n "${daemon:-}" ] || return 0
  kill "$daemon" 2>/dev/null || true
  wait "$daemon" || true
  ip link delete docker0 2>/dev/null || true
  iptables-restore <"$work/iptables"
  echo "$forwarding" >/proc/sys/net/ipv4/ip_forward
}

# Sets the names under which docker-compose.yml passes other base images on.
make_base_images() {
  export RUNTIME_IMAGE=check/debian NODE_IMAGE=check/node RUST_IMAGE=check/rust
  made "$RUNTIME_IMAGE" || make_debian
  made "$NODE_IMAGE" || make_tools "$NODE_IMAGE" node_tools ca-certificates
  made "$RUST_IMAGE" || make_tools "$RUST_IMAGE" rust_tools ca-certificates gcc libc6-dev
}

made() { docker image inspect "$1" >/dev/null 2>&1; }

# As slim as the official slim image: no package lists, no manuals.
make_debian() {
  say "Debian bookworm by debootstrap"
  local root=$work/debian
  debootstrap --variant=minbase bookworm "$root" >"$work/debootstrap.log" 2>&1 ||
    fail "debootstrap failed: $(tail -1 "$work/debootstrap.log")"
  rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/var/log/* \
    "$root"/usr/share/{doc,info,locale,man}/*
  tar --directory "$root" --create . | docker import - "$RUNTIME_IMAGE" >/dev/null
  rm -rf "$root"
}

# make_tools IMAGE FUNCTION PACKAGE…: Debian with packages, and with what the function puts into a folder.
make_tools() {
  say "$1 from this computer's tools"
  local image=$1 context=$work/tools
  rm -rf "$context" && mkdir -p "$context/usr/local/bin" "$context/usr/local/lib" "$context/etc/ssl"
  "$2" "$context/usr/local"
  # A network that inspects TLS has certificates of its own, which this computer trusts already.
  cp --dereference /etc/ssl/certs/ca-certificates.crt "$context/etc/ssl/computer.crt"
  docker build --tag "$image" --file - "$context" >"$work/tools.log" 2>&1 <<END_OF_FILE ||
FROM $RUNTIME_IMAGE
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends ${*:3} >/dev/null
COPY . /
ENV SSL_CERT_FILE=/etc/ssl/computer.crt NODE_EXTRA_CA_CERTS=/etc/ssl/computer.crt
END_OF_FILE
    fail "$image cannot be made: $(tail -1 "$work/tools.log")"
  rm -rf "$context"
}

node_tools() {
  cp "$(node -p process.execPath)" "$1/bin/node"
  mkdir "$1/lib/node_modules"
  cp -a "$(npm root --global 2>/dev/null)/npm" "$1/lib/node_modules/"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$1/bin/npm"
}

rust_tools() {
  local toolchain
  toolchain=$(rustc --print sysroot)
  cp -a "$toolchain/bin" "$toolchain/lib" "$1/"
}
