#!/usr/bin/env bash
# Python with the packages that the evaluation needs; installs them first, into models/.venv.
# usage: models/eval/python.sh SCRIPT [ARGUMENTS]
set -euo pipefail
eval_dir=$(dirname "$0")
venv=$eval_dir/../.venv
if [ ! -x "$venv/bin/python" ]; then
  python3 -m venv "$venv"
fi
"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$eval_dir/requirements.txt"
# ONNX Runtime would report to its makers.
export ORT_DISABLE_TELEMETRY=1
exec "$venv/bin/python" "$@"
