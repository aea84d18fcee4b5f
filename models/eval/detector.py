"""A plain detector in numpy: what the Rust and TypeScript pipelines must agree with.

Everything it knows about a model it reads from the model folder's manifest.json.
"""
import hashlib
import json
from pathlib import Path

import numpy as np
import onnxruntime as ort
from PIL import Image


def ssd_anchors(spec):
    """Anchors as rows (cy, cx, h, w) in [0, 1]; the formula is in models/README.md."""
    maps, ratios = spec["feature_maps"], spec["aspect_ratios"]
    low, high = spec["min_scale"], spec["max_scale"]
    scales = [low + (high - low) * i / (len(maps) - 1) for i in range(len(maps))] + [1.0]
    rows = []
    for level, size in enumerate(maps):
        if level == 0 and spec["reduce_boxes_in_lowest_layer"]:
            shapes = [(0.1, 1.0), (scales[0], 2.0), (scales[0], 0.5)]
        else:
            between = (scales[level] * scales[level + 1]) ** 0.5
            shapes = [(scales[level], ratio) for ratio in ratios]
            shapes.append((between, spec["interpolated_scale_aspect_ratio"]))
        for y in range(size):
            for x in range(size):
                centre = ((y + 0.5) / size, (x + 0.5) / size)
                rows += [(*centre, s / r**0.5, s * r**0.5) for s, r in shapes]
    return np.array(rows, np.float64).astype(np.float32)


def decode_ssd(boxes, logits, anchors, coder):
    """Raw encodings (ty, tx, th, tw) and logits to corners (xmin, ymin, xmax, ymax) and scores."""
    ty, tx, th, tw = (boxes / np.array(coder, np.float32)).T
    ay, ax, ah, aw = anchors.T
    cy, cx = ty * ah + ay, tx * aw + ax
    h, w = np.exp(th) * ah, np.exp(tw) * aw
    corners = np.stack([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2], axis=1)
    return corners, 1.0 / (1.0 + np.exp(-logits))


def decode_yolox(rows, strides, width, height):
    """Rows (dx, dy, log w, log h, objectness, classes…) to corners in [0, 1] of the input and scores."""
    cells = []
    for stride in strides:
        ys, xs = np.mgrid[0 : height // stride, 0 : width // stride]
        cells.append(np.stack([xs.ravel(), ys.ravel(), np.full(xs.size, stride)], axis=1))
    gx, gy, stride = np.concatenate(cells).astype(np.float32).T
    cx, cy = (rows[:, 0] + gx) * stride, (rows[:, 1] + gy) * stride
    w, h = np.exp(rows[:, 2]) * stride, np.exp(rows[:, 3]) * stride
    corners = np.stack([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2], axis=1)
    corners /= np.array([width, height, width, height], np.float32)
    return corners, rows[:, 4:5] * rows[:, 5:]


def nms(corners, scores, iou_limit):
    """Greedy suppression within one class; returns the kept indices, best score first."""
    order = np.argsort(-scores, kind="stable")
    area = np.prod(np.maximum(corners[:, 2:] - corners[:, :2], 0), axis=1)
    kept = []
    while order.size:
        best, rest = order[0], order[1:]
        kept.append(best)
        low = np.maximum(corners[best, :2], corners[rest, :2])
        high = np.minimum(corners[best, 2:], corners[rest, 2:])
        shared = np.prod(np.maximum(high - low, 0), axis=1)
        union = area[best] + area[rest] - shared
        order = rest[shared <= iou_limit * union]
    return kept


class Detector:
    """One model folder, ready to run."""

    def __init__(self, folder, model_file=None, threads=1):
        folder = Path(folder)
        self.manifest = json.loads((folder / "manifest.json").read_text())
        path = Path(model_file) if model_file else folder / self.manifest["file"]
        if model_file is None:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            if digest != self.manifest["sha256"]:
                raise SystemExit(f"{path}: sha256 is {digest}, the manifest says {self.manifest['sha256']}")
        self.session = open_session(path, threads)
        self.labels = self.manifest["labels"]
        self.output = self.manifest["output"]
        if self.output["kind"] == "ssd":
            self.anchors = ssd_anchors(self.output["anchors"])

    def tensor(self, image):
        """The model's input for a PIL image, and the part of it (x, y) that the image covers."""
        spec = self.manifest["input"]
        width, height = spec["width"], spec["height"]
        image = image.convert("RGB")
        covered = (1.0, 1.0)
        if spec["fit"] == "stretch":
            pixels = np.asarray(image.resize((width, height), Image.BILINEAR), np.float32)
        else:
            # Products before the division: 11 * (15 / 11) is less than 15 and would lose a column.
            size = (min(width, image.width * height // image.height), min(height, image.height * width // image.width))
            size = (max(1, size[0]), max(1, size[1]))
            pixels = np.full((height, width, 3), spec["fit"]["letterbox_top_left"]["pad"], np.float32)
            pixels[: size[1], : size[0]] = image.resize(size, Image.BILINEAR)
            covered = (size[0] / width, size[1] / height)
        if spec["color"] == "bgr":
            pixels = pixels[:, :, ::-1]
        mean, std = np.float32(spec["mean"]), np.float32(spec["std"])
        value = ((pixels - mean) / std).transpose(2, 0, 1)[None]
        return np.ascontiguousarray(value), covered

    def raw(self, value):
        """Corners (xmin, ymin, xmax, ymax) in [0, 1] of the model's input, and scores per label column."""
        feed = {self.manifest["input"]["name"]: value}
        if self.output["kind"] == "ssd":
            boxes, logits = self.session.run([self.output["boxes"], self.output["logits"]], feed)
            return decode_ssd(boxes[0], logits[0], self.anchors, self.output["box_coder"])
        (rows,) = self.session.run([self.output["predictions"]], feed)
        return decode_yolox(rows[0], self.output["strides"], value.shape[3], value.shape[2])

    def detect(self, image, score=None):
        """(label column, score, xmin, ymin, xmax, ymax) in [0, 1] of the image, best first."""
        limits = self.manifest["thresholds"]
        floor = limits["score"] if score is None else score
        value, covered = self.tensor(image)
        corners, scores = self.raw(value)
        corners = np.clip(corners / np.float32([*covered, *covered]), 0, 1)
        found = []
        for column, label in enumerate(self.labels):
            rows = np.flatnonzero(scores[:, column] >= floor) if label is not None else []
            if len(rows):
                picked = rows[nms(corners[rows], scores[rows, column], limits["iou"])]
                found += [(column, float(scores[i, column]), *map(float, corners[i])) for i in picked]
        found.sort(key=lambda hit: -hit[1])
        return found[: limits["max_detections"]]


def open_session(path, threads):
    """A CPU session as the server opens it: fixed threads that do not spin."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
