# `./start.sh --docker`; sourced after setup.sh, from the project's root.

# Interfaces of containers, virtual machines and VPNs, as in src/lan.rs: a phone in the room cannot reach them.
VIRTUAL_INTERFACES='^(br-|cali|cni|docker|flannel|incusbr|lxc|lxdbr|nordlynx|podman|ppp|proton|tailscale|tap|tun|utun|vEthernet|vboxnet|veth|virbr|vmnet|vnet|wg|zt)'

# This computer's address on the local network: the default route's, if it leads there.
lan_address() {
  if [ "$(uname)" = Darwin ]; then
    local interface
    interface=$(route -n get default 2>/dev/null | awk '$1 == "interface:" { print $2 }')
    # With a VPN the default route is the VPN's; a Mac's own networks are en0, en1, …
    if printf '%s' "$interface" | grep -Eq "$VIRTUAL_INTERFACES"; then
      ipconfig getifaddr en0 || ipconfig getifaddr en1
      return
    fi
    ipconfig getifaddr "$interface"
    return
  fi
  local default point_to_point
  # Nothing is sent: it only asks for the route.
  default=$(ip -4 route get 192.0.2.1 2>/dev/null | sed -n 's/.* src \([0-9.]*\).*/\1/p')
  # VPNs of whatever name.
  point_to_point=$(ip -oneline link show up | sed -n 's/^[0-9]*: \([^:@]*\).*<[^>]*POINTOPOINT.*/\1/p' | tr '\n' ' ')
  ip -4 -oneline address show up scope global | tr / ' ' |
    awk -v default="$default" -v virtual="$VIRTUAL_INTERFACES" -v vpns=" $point_to_point" '
      $2 !~ virtual && !index(vpns, " " $2 " ") && !($4 ~ /^172\.17\./) { if ($4 == default || !best) best = $4 }
      END { if (!best) exit 1; print best }'
}

# Sets compose to the plugin, or to the older program of its own.
find_compose() {
  command -v docker >/dev/null ||
    fail "Docker is missing: install it from https://docs.docker.com/get-docker/, or run ./start.sh without --docker"
  if docker compose version >/dev/null 2>&1; then
    compose=(docker compose)
  elif command -v docker-compose >/dev/null; then
    compose=(docker-compose)
  else
    fail "Docker's compose plugin is missing: see https://docs.docker.com/compose/install/ (Debian: apt-get install docker-compose)"
  fi
  docker info >/dev/null 2>&1 ||
    fail "Docker does not answer: start it (Docker Desktop, or systemctl start docker), and see that you may use it (group docker)"
}

# serve_in_docker [--mode MODE] [--port N] [--public-host HOST]: the server's other options go by their variables.
serve_in_docker() {
  while [ $# -gt 0 ]; do
    case $1 in
      --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;;
    esac
    [ $# -gt 1 ] || fail "$1 needs a value, or does not go with --docker (--mode, --port and --public-host do)"
    case $1 in
      --mode) export MODE=$2 ;;
      --port) export PORT=$2 ;;
      --public-host) export PUBLIC_HOST=$2 ;;
      *) fail "$1 does not go with --docker: --mode, --port and --public-host do; for others see docker-compose.yml" ;;
    esac
    shift 2
  done
  find_compose
  if [ -z "${PUBLIC_HOST:-}" ]; then
    PUBLIC_HOST=$(lan_address) ||
      fail "this computer's address on the local network was not found: name it by --public-host 192.168.1.20"
    export PUBLIC_HOST
  fi
  say "building the image (minutes the first time), then serving; phones come to $PUBLIC_HOST"
  exec "${compose[@]}" up --build "$(service)"
}

# The service with the GPU where Docker can give one to a container, else the ordinary one.
service() {
  if docker info --format '{{json .Runtimes}}' | grep -q '"nvidia"'; then echo sightline-gpu; else echo sightline; fi
}
