#!/usr/bin/env bash
# Average precision of the committed model through our own pipeline and through plain Python, side by side.
# usage: models/eval/compare_ap.sh [folder with instances.json and images/]
set -euo pipefail
cd "$(dirname "$0")/../.."

eval_dir=${1:-../shared/eval/coco-tiny}
model=models/ssdlite_mobilenet_v2
if [ ! -f "$eval_dir/instances.json" ] || [ ! -d "$eval_dir/images" ]; then
  echo "no evaluation set at $eval_dir: give a folder with instances.json and images/" >&2
  exit 2
fi

out=$(mktemp -d)
trap 'rm -r "$out"' EXIT
found=$out/server.json
data=(--images "$eval_dir/images" --annotations "$eval_dir/instances.json")
cargo run --release --example detect_images -- --model "$model" --score 0.01 "${data[@]}" --out "$found"
models/eval/python.sh models/eval/reference.py --model "$model" "${data[@]}" --detections "$found"
