"""The rows of a YOLOX -> detections."""

import math

import numpy as np

import boxes

LABELS = ["person", None, "dog"]
THRESHOLDS = {"score": 0.3, "iou": 0.45, "max_detections": 100}
WHOLE = {"width": 1, "height": 1}
NARROW = {"width": 0.4, "height": 1}
LOW = {"width": 1, "height": 0.5625}


def cells(size, strides):
    """(column, row, stride) in the order of the predictions."""
    return [
        (x, y, stride)
        for stride in strides
        for y in range(size["height"] // stride)
        for x in range(size["width"] // stride)
    ]


def decode(cell, row, size):
    x, y, stride = cell
    cx, cy = (row[0] + x) * stride, (row[1] + y) * stride
    wide, tall = math.exp(row[2]) * stride, math.exp(row[3]) * stride
    return [
        (cx - wide / 2) / size["width"],
        (cy - tall / 2) / size["height"],
        (cx + wide / 2) / size["width"],
        (cy + tall / 2) / size["height"],
    ]


def encode(cell, box):
    """`box`: corners in input pixels."""
    x, y, stride = cell
    xmin, ymin, xmax, ymax = box
    return [
        (xmin + xmax) / 2 / stride - x,
        (ymin + ymax) / 2 / stride - y,
        math.log((xmax - xmin) / stride),
        math.log((ymax - ymin) / stride),
    ]


def placed(size, strides, wanted):
    """`wanted`: {row: (box, objectness, class scores)}; the other rows are sure of a class but see no object."""
    rows = []
    for row, cell in enumerate(cells(size, strides)):
        box, objectness, classes = wanted.get(row, (None, 0.01, [0.9, 0.8, 0.7]))
        rows.append([*(encode(cell, box) if box else [0.5, 0.5, 0.2, -0.3]), objectness, *classes])
    return rows


def noise(size, strides, seed):
    random = np.random.default_rng(seed)
    count = len(cells(size, strides))
    place = random.normal(0.3, 1.0, (count, 4))
    return np.concatenate([place, random.uniform(0, 1, (count, 1 + len(LABELS)))], axis=1).tolist()


def case(seen, name, size, strides, rows, coverage=WHOLE, **changed):
    rows = [[round(value, 4) for value in row] for row in rows]
    thresholds = {**THRESHOLDS, **changed}
    scored = [
        (decode(cell, row, size), [row[4] * score for score in row[5:]])
        for cell, row in zip(cells(size, strides), rows, strict=True)
    ]
    return {
        "name": name,
        "input": size,
        "output": {"kind": "yolox", "predictions": "output", "strides": strides},
        "labels": LABELS,
        "thresholds": thresholds,
        "coverage": coverage,
        "predictions": [value for row in rows for value in row],
        "detections": boxes.detections(scored, LABELS, thresholds, coverage, seen),
    }


def overlaps():
    """Boxes of 20 by 20 pixels shifted against the best one: IoU 0.481 and 0.429, and other classes."""
    return {
        0: ((4, 4, 24, 24), 0.95, [0.95, 0.2, 0.1]),
        9: ((11, 4, 31, 24), 0.9, [0.9, 0.2, 0.1]),
        18: ((4, 12, 24, 32), 0.9, [0.8, 0.9, 0.37]),
        33: ((5, 4, 25, 24), 0.8, [0.1, 0.99, 0.8]),
        41: ((40, 2, 60, 30), 0.6, [0.505, 0.1, 0.495]),
    }


def edges():
    return {
        2: ((-9, -5, 14, 16), 0.9, [0.9, 0.1, 0.5]),
        7: ((50, 20, 90, 60), 0.85, [0.2, 0.1, 0.9]),
        30: ((66, 4, 80, 20), 0.99, [0.99, 0.1, 0.1]),
        36: ((10, -30, 40, -1), 0.98, [0.1, 0.1, 0.98]),
        40: ((-60, -40, 200, 100), 0.7, [0.8, 0.9, 0.1]),
    }


def padded():
    """Boxes of an input of 64 by 64 of which the picture covers the upper 36 lines."""
    return {
        3: ((10, 6, 30, 30), 0.9, [0.95, 0.1, 0.1]),
        20: ((34, 20, 60, 50), 0.9, [0.1, 0.1, 0.9]),
        60: ((5, 40, 25, 60), 0.97, [0.97, 0.1, 0.1]),
    }


def cases():
    seen = set()
    flat, square, tall = [{"width": w, "height": h} for w, h in [(64, 32), (64, 64), (32, 64)]]
    all_three = [8, 16, 32]
    made = [
        case(seen, "overlaps within and across classes", flat, all_three, placed(flat, all_three, overlaps())),
        case(seen, "boxes over the edge and outside", flat, all_three, placed(flat, all_three, edges())),
        case(seen, "a letterbox", square, all_three, placed(square, all_three, padded()), LOW),
        case(seen, "a tall grid", tall, all_three, noise(tall, all_three, 21), iou=0.6, score=0.5),
        case(seen, "one stride, a pillarbox", flat, [16], noise(flat, [16], 22), NARROW),
        case(seen, "only the best two", tall, [32, 16], noise(tall, [32, 16], 23), max_detections=2),
    ]
    boxes.check_coverage(seen)
    return made
