# What start.sh and test.sh have in common; sourced by both, from the project's root.

# The oldest versions that build this project: Vite's, and Cargo.toml's rust-version.
NODE_MAJOR=20
RUST_MINOR=92

say() { printf '\033[1m▸ %s\033[0m\n' "$*" >&2; }
fail() { printf 'sightline: %s\n' "$*" >&2; exit 1; }

# Says everything that is missing at once, so that one visit to a package manager is enough.
require_tools() {
  local missing=()
  command -v cargo >/dev/null || missing+=("Rust (cargo) is missing: install it from https://rustup.rs")
  command -v cc >/dev/null || missing+=("a C compiler (cc) is missing: install gcc or clang (Debian: build-essential, macOS: xcode-select --install)")
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    missing+=("Node.js $NODE_MAJOR or newer, with npm, is missing: install it from https://nodejs.org")
  elif [ "$(node -p 'process.versions.node.split(".")[0]')" -lt "$NODE_MAJOR" ]; then
    missing+=("Node.js $(node --version) is too old: install $NODE_MAJOR or newer from https://nodejs.org")
  fi
  if command -v rustc >/dev/null && [ "$(rustc --version | cut -d. -f2)" -lt "$RUST_MINOR" ]; then
    missing+=("$(rustc --version) is too old: rustup update stable")
  fi
  [ ${#missing[@]} -eq 0 ] && return
  printf 'sightline: %s\n' "${missing[@]}" >&2
  exit 1
}

# Installs exactly what the lock file names; again only when the lock file has changed.
install_packages() {
  local lock=frontend/package-lock.json done=frontend/node_modules/.installed-lock
  cmp --silent "$lock" "$done" && return
  say "installing the pages' packages and ONNX Runtime (about 300 MB, once)"
  # No package needs its install script here; ONNX Runtime's would download from elsewhere.
  (cd frontend && npm ci --ignore-scripts --no-audit --no-fund)
  cp "$lock" "$done"
}

# Builds the pages when one of their sources is newer than the last build.
build_pages() {
  local built=frontend/dist/index.html sources=(frontend/src frontend/*.html frontend/*.json frontend/*.ts)
  if [ -f "$built" ] && [ -z "$(find "${sources[@]}" -newer "$built" -print -quit)" ]; then
    return
  fi
  say "building the pages"
  (cd frontend && npm run --silent build)
}

# SIGHTLINE_BIN names a server that is built already, and is taken as it is.
build_server() {
  [ -z "${SIGHTLINE_BIN:-}" ] || return 0
  say "building the server (minutes the first time, seconds later)"
  cargo build --release --locked "$@"
}

# The same program with the virtual phone in it.
build_phone() { build_server --features phone; }

# start_bench ENTRY ARGUMENTS…: a program of bench/. The caller's folder stays the current one.
start_bench() {
  local root
  root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
  (
    cd "$root"
    require_tools
    install_packages
  )
  exec node "$root/bench/start.mjs" "$root/bench/$1" "${@:2}"
}
