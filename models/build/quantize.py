"""The int8 variants that were measured against the committed file; none of them is committed.

Weights of 7 bits, for x86 without VNNI multiplies 8-bit pairs into a 16-bit sum that saturates.
"""
import argparse
import sys
from pathlib import Path

import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "eval"))
from detector import Detector  # noqa: E402


class Photos(CalibrationDataReader):
    """Feeds the model's input for every photo of a folder, in the order of their names."""

    def __init__(self, detector, folder):
        self.detector = detector
        self.rest = iter(sorted(folder.glob("*.jpg")))

    def get_next(self):
        path = next(self.rest, None)
        if path is None:
            return None
        with Image.open(path) as image:
            return {"image": self.detector.tensor(image)[0]}


def ends(path):
    """The first convolution and those of the box and class heads."""
    nodes = onnx.load(path).graph.node
    convs = [n for n in nodes if n.op_type == "Conv"]
    readers = {name for n in nodes if n.op_type in ("Transpose", "Reshape") for name in n.input}
    last = [n.name for n in convs if n.output[0] in readers]
    clip = {n.output[0]: n.input[0] for n in nodes if n.op_type == "Clip"}
    before = [clip[n.input[0]] for n in convs if n.name in last]
    return [convs[0].name, *last, *before]


MIN_MAX, ENTROPY, PERCENTILE = CalibrationMethod.MinMax, CalibrationMethod.Entropy, CalibrationMethod.Percentile
VARIANTS = {  # calibration, its percentile, weights of 7 bits, the ends stay fp32
    "int8-minmax": (MIN_MAX, None, False, False),
    "int7-minmax": (MIN_MAX, None, True, False),
    "int7-minmax-ends-fp32": (MIN_MAX, None, True, True),
    "int7-percentile": (PERCENTILE, 99.99, True, False),
    "int7-percentile-ends-fp32": (PERCENTILE, 99.99, True, True),
    "int7-entropy": (ENTROPY, None, True, False),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fp32", type=Path, required=True, help="fp32.onnx, from convert.py's --work folder")
    parser.add_argument("--model", type=Path, required=True, help="folder with manifest.json")
    parser.add_argument("--photos", type=Path, required=True, help="folder of calibration photos")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("variants", nargs="*", default=list(VARIANTS))
    args = parser.parse_args()
    detector = Detector(args.model, args.fp32)
    for name in args.variants:
        method, percentile, seven_bits, keep_ends = VARIANTS[name]
        quantize_static(
            args.fp32, args.out / f"{name}.onnx", Photos(detector, args.photos),
            quant_format=QuantFormat.QDQ, per_channel=True, reduce_range=seven_bits, calibrate_method=method,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            op_types_to_quantize=["Conv", "Clip", "Add"], nodes_to_exclude=ends(args.fp32) if keep_ends else [],
            extra_options={"CalibPercentile": percentile} if percentile else {},
        )
        print(name, (args.out / f"{name}.onnx").stat().st_size, flush=True)


if __name__ == "__main__":
    main()
