#!/usr/bin/env bash
# What a release hands out: target/package/sightline-VERSION-SYSTEM-ARCHITECTURE.tar.gz. Unpacked, it needs nothing but itself.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

require_tools
install_packages
build_pages
build_phone

# Named as Node.js, and with it ONNX Runtime's package, names them: linux-x64, linux-arm64, darwin-arm64.
system=$(node -p process.platform)
architecture=$(node -p process.arch)
runtime=frontend/node_modules/onnxruntime-node/bin/napi-v6/$system/$architecture
version=$(target/release/sightline --version | cut -d' ' -f2)
name=sightline-$version-$system-$architecture
folder=target/package/$name

# With whatever an older version left, lest it be handed out as this one.
rm -rf target/package
mkdir -p "$folder"/{frontend,models,bench/clips,completions,man,"$runtime"}
cp target/release/sightline README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT THIRD-PARTY-NOTICES.md "$folder"
# Where the program looks for them by itself, from its folder.
cp -R frontend/dist "$folder/frontend"
cp -R models/ssdlite_mobilenet_v2 "$folder/models"
case $system in
  darwin) library=libonnxruntime.1.dylib ;;
  *) library=libonnxruntime.so.1 ;;
esac
[ -f "$runtime/$library" ] || fail "ONNX Runtime's package has no library for $system-$architecture: no release can be made here"
cp -L "$runtime/$library" "$folder/$runtime"
cp bench/clips/people.ivf bench/clips/NOTICE "$folder/bench/clips"
for shell in bash zsh fish; do
  target/release/sightline completions "$shell" >"$folder/completions/sightline.$shell"
done
target/release/sightline man "$folder/man"
tar -czf "target/package/$name.tar.gz" -C target/package "$name"
say "target/package/$name.tar.gz, $(du -h "target/package/$name.tar.gz" | cut -f1)"
