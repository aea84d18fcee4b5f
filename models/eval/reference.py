"""COCO average precision of a model folder by plain Python, and of other programs' detections beside it."""
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
    parser.add_argument("--detections", type=Path, nargs="+", default=[], help="COCO results (JSON) of other programs")
    parser.add_argument("--limit", type=float, default=0.01, help="largest accepted difference of AP")
    parser.add_argument("--out", type=Path, help="write the figures as JSON, too; rows are named after the files")
    args = parser.parse_args()
    coco = load_annotations(args.annotations)
    expected = average_precision(coco, results(Detector(args.model, args.file), coco, args.images))
    rows = {"reference": expected}
    print(f"{f'{len(coco.imgs)} images':20} {'AP':>6} {'AP50':>7}   difference")
    print(f"{'Python reference':20} {expected[0]:.4f}  {expected[1]:.4f}")
    for path in args.detections:
        found = average_precision(coco, json.loads(path.read_text()))
        print(f"{path.name:20} {found[0]:.4f}  {found[1]:.4f}   {found[0] - expected[0]:+.4f}  {found[1] - expected[1]:+.4f}")
        rows[path.stem] = found
    if args.out:
        args.out.write_text(json.dumps({name: {"ap": ap, "ap50": ap50} for name, (ap, ap50) in rows.items()}))
    if any(abs(ap - expected[0]) > args.limit for ap, _ in rows.values()):
        sys.exit(f"AP differs by more than {args.limit}")


if __name__ == "__main__":
    main()
