#!/usr/bin/env bash
# Formatting, lint, types, unit, integration and browser tests. Installs and builds what it needs.
# usage: ./test.sh [--no-browser]
set -euo pipefail
cd "$(dirname "$0")"
. scripts/setup.sh

# Sets CHROME to a browser that playwright-core can drive.
find_browser() {
  local name
  for name in "${CHROME:-}" google-chrome google-chrome-stable chromium chromium-browser; do
    if [ -n "$name" ] && command -v "$name" >/dev/null; then
      CHROME=$(command -v "$name")
      return
    fi
  done
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    say "installing Chromium (Debian's package)"
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
    CHROME=$(command -v chromium)
  else
    say "downloading Chromium by Playwright (Chrome or Chromium on the PATH would be used instead)"
    (cd frontend && npx playwright-core install chromium)
    CHROME=$(cd frontend && node -p 'require("playwright-core").chromium.executablePath()')
  fi
}

# Programs that some tests talk to, each with Debian's package. Where one cannot be had its tests are skipped, and say so.
find_partners() {
  local partners=(turnserver:coturn certutil:libnss3-tools ip:iproute2 openssl:openssl) missing=() packages=() each
  [ -n "${FIREFOX:-}" ] || command -v firefox >/dev/null || partners+=(firefox-esr:firefox-esr)
  for each in "${partners[@]}"; do
    if ! command -v "${each%%:*}" >/dev/null; then
      missing+=("${each%%:*}")
      packages+=("${each#*:}")
    fi
  done
  [ ${#missing[@]} -eq 0 ] && return
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    say "installing what some tests talk to (Debian's packages): ${packages[*]}"
    (apt-get update -qq && apt-get install -y -qq --no-install-recommends "${packages[@]}") >/dev/null || true
  fi
  for each in "${missing[@]}"; do
    command -v "$each" >/dev/null || say "no $each: its tests are skipped (Debian's packages: ${packages[*]})"
  done
}

case ${1:-} in
  "" | --no-browser) ;;
  *) fail "unknown argument $1; usage: ./test.sh [--no-browser]" ;;
esac

require_tools
install_packages
find_partners

say "formatting and lint"
cargo fmt --check
(cd frontend && npm run --silent check)
# All that is built and tested has the virtual phone in it; that it can be left out costs one more look.
cargo clippy --release --locked --all-targets --features phone -- --deny warnings
cargo clippy --release --locked -- --deny warnings

say "notices of what ships with it"
scripts/notices.sh --check

build_pages

# This builds the server, too: as it is needed by the browsers below, with the virtual phone, and optimised less in our
# own code alone, which halves the time for it. (What is slow without is the libraries' work, and theirs stays.)
say "server: unit and integration tests, types generated for the pages"
cargo test --release --locked --features phone --config profile.release.package.sightline.opt-level=1

say "pages: unit tests"
(cd frontend && npm run --silent test)

if [ "${1:-}" = --no-browser ]; then
  say "passed, without the browser tests"
  exit
fi
find_browser
say "both pages in $CHROME"
# The server that was tested above; nothing builds another one.
export CHROME SIGHTLINE_BIN="$PWD/target/release/sightline"
(cd frontend && npm run --silent e2e)
say "all tests passed"
