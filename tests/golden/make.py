"""Writes resize.json, ssd.json and yolox.json: python3 make.py (needs numpy and Pillow).

Plain loops on purpose: an independent reading of what a manifest means, slow and easy to check by eye.
"""

import json
from pathlib import Path

import resize_cases
import ssd_cases
import yolox_cases

HERE = Path(__file__).parent
MAX_BYTES = 60_000


def write(name, cases):
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    text = '{"cases":[\n' + lines + "\n]}\n"
    assert len(text) < MAX_BYTES, f"{name} has {len(text)} bytes"
    (HERE / name).write_text(text)
    print(f"{name}: {len(cases)} cases, {len(text)} bytes")


write("resize.json", resize_cases.cases())
write("ssd.json", ssd_cases.cases())
write("yolox.json", yolox_cases.cases())
