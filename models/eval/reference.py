"""COCO average precision of a model folder by plain Python, and of another program's detections beside it."""
import argparse
import contextlib
import io
import json
import sys
from pathlib import Path

from PIL import Image
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from detector import Detector

SCORE = 0.01


def results(detector, coco, images):
    """Detections of every annotated image as COCO results, in pixels; categories are matched by name."""
    ids = {category["name"]: category["id"] for category in coco.cats.values()}
    found = []
    for image_id, info in coco.imgs.items():
        with Image.open(images / info["file_name"]) as image:
            hits = detector.detect(image, SCORE)
        for column, score, xmin, ymin, xmax, ymax in hits:
            box = [xmin * info["width"], ymin * info["height"],
                   (xmax - xmin) * info["width"], (ymax - ymin) * info["height"]]
            found.append({"image_id": image_id, "category_id": ids[detector.labels[column]], "bbox": box, "score": score})
    return found


def average_precision(coco, found):
    """(AP at IoU .50:.95, AP at IoU .50)"""
    if not found:
        return 0.0, 0.0
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(coco, coco.loadRes(found), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return float(evaluation.stats[0]), float(evaluation.stats[1])


def load_annotations(path):
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(path))
    coco.dataset.setdefault("info", {})  # loadRes wants the key
    return coco


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="folder with manifest.json")
    parser.add_argument("--file", type=Path, help="another ONNX file with the same inputs and outputs")
    parser.add_argument("--annotations", type=Path, required=True)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--detections", type=Path, help="COCO results (JSON) of another program")
    parser.add_argument("--limit", type=float, default=0.01, help="largest accepted difference of AP")
    args = parser.parse_args()
    coco = load_annotations(args.annotations)
    expected = average_precision(coco, results(Detector(args.model, args.file), coco, args.images))
    print(f"{len(coco.imgs)} images          AP    AP50")
    print(f"Python reference   {expected[0]:.4f}  {expected[1]:.4f}")
    if args.detections:
        found = average_precision(coco, json.loads(args.detections.read_text()))
        print(f"these detections   {found[0]:.4f}  {found[1]:.4f}")
        gap = found[0] - expected[0]
        print(f"difference         {gap:+.4f}  {found[1] - expected[1]:+.4f}")
        if abs(gap) > args.limit:
            sys.exit(f"AP differs by more than {args.limit}")


if __name__ == "__main__":
    main()
