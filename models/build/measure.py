"""One table of variants: size, speed, average precision and false alarms; see models/README.md."""
import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "eval"))
from detector import Detector  # noqa: E402
from false_alarms import false_alarms  # noqa: E402
from latency import medians  # noqa: E402
from reference import average_precision, load_annotations, results  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="folder with manifest.json")
    parser.add_argument("--eval", type=Path, required=True, help="folder with instances.json and images/")
    parser.add_argument("files", nargs="+", type=Path)
    args = parser.parse_args()
    coco = load_annotations(args.eval / "instances.json")
    speed = list(zip(medians(args.files, 1), medians(args.files, 2)))
    print("| file | MB | 1 thread, ms | 2 threads, ms | AP | AP50 | false alarms ≥ .3 | ≥ .5 | surest |")
    print("|---|---|---|---|---|---|---|---|---|")
    for path, (one, two) in zip(args.files, speed):
        detector = Detector(args.model, path)
        ap, ap50 = average_precision(coco, results(detector, coco, args.eval / "images"))
        shown, sure, (score, label, picture) = false_alarms(detector)
        print(f"| {path.stem} | {path.stat().st_size / 1e6:.1f} | {one:.1f} | {two:.1f} | {ap:.3f} | {ap50:.3f} "
              f"| {shown} | {sure} | {label} {score:.2f} ({picture}) |", flush=True)


if __name__ == "__main__":
    main()
