#!/usr/bin/env bash
# Builds the image from a clean copy of this folder, starts it by ./start.sh --docker, and looks at everything that the
# container promises (--help lists the options).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh
. scripts/docker.sh
. docker/own_daemon.sh

usage() {
  cat <<'END'
usage: docker/check.sh [--own-daemon] [--work DIR]

Needs what ./test.sh needs, and Docker with compose. The port is 3000 or PORT's. CHROME names the browser.

  --own-daemon   starts a Docker daemon for this check alone, with base images made from Debian's packages and this
                 computer's Rust and Node.js: where there is no daemon, or no image can be pulled. Needs root, and
                 on Debian: apt-get install docker.io docker-compose debootstrap iptables iproute2
  --work DIR     folder for that daemon; kept, so that the next run is quick [default: a temporary one]
  -h, --help     this text

The status is 0 when every check passes.
END
}

own_daemon='' work=''
while [ $# -gt 0 ]; do
  case $1 in
    --own-daemon) own_daemon=yes ;;
    --work) work=$(mkdir -p "${2:?--work needs a folder}" && cd "$2" && pwd); shift ;;
    -h | --help) usage; exit ;;
    *) fail "unknown argument $1 (--help lists those there are)" ;;
  esac
  shift
done

failures=0
# expect TEXT COMMAND…: the command succeeds.
expect() {
  if "${@:2}" >/dev/null 2>&1; then printf 'pass  %s\n' "$1"; else miss "$1"; fi
}
# equal TEXT FOUND WANTED
equal() {
  if [ "$2" = "$3" ]; then printf 'pass  %s: %s\n' "$1" "${2:-none}"; else miss "$1: $2, not ${3:-none}"; fi
}
# tells TEXT SAID WORDS: what was said has these words in it.
tells() {
  case $2 in *"$3"*) printf 'pass  %s\n' "$1" ;; *) miss "$1: it said: ${2:0:200}" ;; esac
}
miss() {
  printf 'FAIL  %s\n' "$1"
  failures=$((failures + 1))
}

# A name of its own: nobody's volumes and containers are touched.
export COMPOSE_PROJECT_NAME=sightline-check PORT=${PORT:-3000}
unset MODE PUBLIC_HOST SCORE WORKERS THREADS ALLOW_HOST ACCESS_KEY
temporary=''
[ -n "$work" ] || work=$(mktemp -d) temporary=$work

end() {
  [ ${#compose[@]} -eq 0 ] || in_source "${compose[@]}" down --volumes >/dev/null 2>&1 || true
  [ -z "$own_daemon" ] || stop_daemon
  rm -rf "$work/source" ${temporary:+"$temporary"}
}
compose=()
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

in_source() (cd "$work/source" && "$@")

# What a fresh clone would hold, uncommitted changes included.
copy_source() {
  rm -rf "$work/source" && mkdir "$work/source"
  git ls-files --cached --others --exclude-standard -z |
    tar --create --null --files-from - --ignore-failed-read 2>/dev/null | tar --extract --directory "$work/source"
}

container() { in_source "${compose[@]}" ps --quiet sightline; }
inside() { docker exec "$(container)" "$@"; }
inside_as_root() { docker exec --user 0 "$(container)" "$@"; }
inspect() { docker inspect --format "$1" "$(container)"; }
of_process() { inside sed -n "s/^$1:\s*//p" /proc/1/status; }
certificate() { inside cat /var/lib/sightline/authority.pem /var/lib/sightline/server.pem | sha256sum | cut -c1-16; }
# config EXPRESSION: of what the server tells the pages.
config() {
  node -e "fetch('http://localhost:$PORT/api/config').then((answer) => answer.json()).then((config) => console.log($1))"
}

# Docker decides: healthy, or unhealthy after some tries, or ended.
until_healthy() {
  local state
  until state=$(inspect '{{.State.Status}} {{.State.Health.Status}}' 2>/dev/null) && [ "$state" != "running starting" ]; do
    [ -z "${starting:-}" ] || kill -0 "$starting" 2>/dev/null || break
    sleep 0.2
  done
  equal "the container is up and well" "$state" "running healthy"
}

check_build() {
  say "building the image"
  SECONDS=0
  in_source nice "${compose[@]}" build sightline >"$work/build.log" 2>&1 ||
    fail "the image does not build; the end of the log: $(tail -3 "$work/build.log")"
  printf '      built in %d s; the image has %s\n' "$SECONDS" "$(docker image ls --format '{{.Size}}' sightline)"
}

check_image() {
  equal "compilers and package managers of languages in the image" \
    "$(inside sh -c 'for tool in cc gcc ld rustc cargo node npm python3; do command -v $tool; done; true')" ""
  equal "package caches in the image" \
    "$(inside_as_root sh -c 'ls -A /var/lib/apt/lists; ls /var/cache/apt/archives/*.deb ~root/.cargo ~root/.npm 2>/dev/null; true')" ""
  # In a container of its own: this one's server has made a certificate meanwhile. grep finds nothing: its status is 1.
  equal "private keys in the image, and grep's status" \
    "$(docker run --rm --user 0 --entrypoint sh sightline -c \
      'grep -rlsIE --exclude-dir=proc --exclude-dir=sys -e "-----BEGIN [A-Z ]*PRIVATE KEY-----" /; echo $?')" 1
  expect "licences are in the image" inside test -s THIRD-PARTY-NOTICES.md -a -s LICENSE-MIT -a -s LICENSE-APACHE
}

check_welcome() {
  local said
  said=$(docker logs "$(container)" 2>&1)
  tells "the log names the viewer" "$said" "http://localhost:$PORT/"
  tells "the log says where the code is" "$said" "the viewer shows it"
  equal "links to rooms in the log" "$(printf '%s\n' "$said" | grep -c /j/)" 0
}

check_confinement() {
  equal "user of the server" "$(of_process Uid | cut -f1)" 10001
  equal "capabilities of the server" "$(of_process CapEff) $(of_process CapBnd)" "0000000000000000 0000000000000000"
  equal "no new privileges" "$(of_process NoNewPrivs)" 1
  tells "not even root writes to the root file system" \
    "$(inside_as_root touch /x 2>&1)" "Read-only file system"
  equal "limits of memory, processors and processes" \
    "$(inspect '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}}')" "1073741824 2000000000 640"
}

check_browsers() {
  say "a phone and a viewer outside the container"
  node bench/start.mjs bench/checks/container.ts --url "http://localhost:$PORT" --phone-host "$1" ||
    miss "the phone and the viewer"
}

check_stop() {
  local id
  id=$(container)
  SECONDS=0
  docker stop --time 10 "$id" >/dev/null
  # 137 would be Docker's own end, after ten seconds.
  equal "exit code when asked to terminate, after $SECONDS s" "$(docker inspect --format '{{.State.ExitCode}}' "$id")" 0
}

# As people start it: the computer's address is found, the mode passed on.
check_start_sh() {
  say "./start.sh --docker --mode server"
  in_source ./start.sh --docker --mode server >"$work/start.log" 2>&1 &
  starting=$!
  until_healthy
  equal "mode" "$(config config.mode)" server
  equal "why no phone could join" "$(config config.join_obstacle)" undefined
  check_welcome
  check_image
  check_confinement
  kept=$(certificate)
  check_browsers "$(lan_address):$PORT"
  check_stop
  wait "$starting" || true
  starting=''
}

# By hand, and without the computer's address; in a new container, with the old one's state.
check_compose() {
  say "MODE=auto docker compose up, without PUBLIC_HOST"
  in_source "${compose[@]}" down >/dev/null 2>&1
  MODE=auto in_source "${compose[@]}" up --detach sightline >/dev/null 2>&1
  until_healthy
  equal "mode" "$(config config.mode)" auto
  equal "certificate in the new container" "$(certificate)" "$kept"
  tells "the log says how to give the address" "$(docker logs "$(container)" 2>&1)" "PUBLIC_HOST=192.168.1.20"
  tells "so does the page" "$(config config.join_obstacle)" "PUBLIC_HOST=192.168.1.20"
  in_source "${compose[@]}" down >/dev/null 2>&1
  tells "Docker's own address is refused" \
    "$(docker run --rm --env PUBLIC_HOST=172.17.0.2 sightline 2>&1)" "172.17.0.2 is Docker's own network"
}

require_tools
install_packages
if [ -n "$own_daemon" ]; then
  own_daemon_needs
  start_daemon
  make_base_images
fi
find_compose
copy_source
check_build
check_start_sh
check_compose
[ "$failures" -eq 0 ] || fail "$failures checks failed"
say "the container is as it should be"
