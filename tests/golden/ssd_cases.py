"""The raw outputs of an SSD -> detections, after models/README.md's "Reading the outputs"."""

import math

import numpy as np

import boxes

CODER = [10, 10, 5, 5]
LABELS = [None, "person", None, "dog"]
THRESHOLDS = {"score": 0.3, "iou": 0.5, "max_detections": 100}
WHOLE = {"width": 1, "height": 1}
NARROW = {"width": 0.5625, "height": 1}


def scale(spec, level):
    levels = len(spec["feature_maps"])
    if level == levels:
        return 1.0
    if levels == 1:
        return spec["min_scale"]
    return spec["min_scale"] + (spec["max_scale"] - spec["min_scale"]) * level / (levels - 1)


def shapes(spec, level):
    """(scale, aspect ratio) of the anchors in one cell."""
    own = scale(spec, level)
    if level == 0 and spec["reduce_boxes_in_lowest_layer"]:
        return [(0.1, 1.0), (own, 2.0), (own, 0.5)]
    result = [(own, ratio) for ratio in spec["aspect_ratios"]]
    extra = spec["interpolated_scale_aspect_ratio"]
    if extra > 0:
        result.append((math.sqrt(own * scale(spec, level + 1)), extra))
    return result


def anchors(spec):
    """(cy, cx, h, w) in the order of the outputs' rows."""
    rows = []
    for level, side in enumerate(spec["feature_maps"]):
        for y in range(side):
            for x in range(side):
                for size, ratio in shapes(spec, level):
                    root = math.sqrt(ratio)
                    rows.append(((y + 0.5) / side, (x + 0.5) / side, size / root, size * root))
    return rows


def decode(anchor, row, coder):
    cy, cx, h, w = anchor
    middle_y, middle_x = cy + row[0] / coder[0] * h, cx + row[1] / coder[1] * w
    tall, wide = h * math.exp(row[2] / coder[2]), w * math.exp(row[3] / coder[3])
    return [middle_x - wide / 2, middle_y - tall / 2, middle_x + wide / 2, middle_y + tall / 2]


def encode(anchor, box, coder):
    cy, cx, h, w = anchor
    xmin, ymin, xmax, ymax = box
    return [
        coder[0] * ((ymin + ymax) / 2 - cy) / h,
        coder[1] * ((xmin + xmax) / 2 - cx) / w,
        coder[2] * math.log((ymax - ymin) / h),
        coder[3] * math.log((xmax - xmin) / w),
    ]


def logit(score):
    return math.log(score / (1 - score))


def placed(spec, wanted, coder=CODER, labels=LABELS):
    """Outputs in which the rows named by `wanted` ({row: (box, {class: score})}) say that, and the others nothing."""
    encodings, logits = [], []
    for row, anchor in enumerate(anchors(spec)):
        box, scores = wanted.get(row, (None, {}))
        encodings += encode(anchor, box, coder) if box else [0.3, -0.2, 0.1, 0.4]
        # The background is sure of itself in every row, as it is in a real model's output.
        logits += [logit(scores.get(k, 0.97 if k == 0 else 0.02)) for k in range(len(labels))]
    return encodings, logits


def noise(spec, seed, labels=LABELS):
    random = np.random.default_rng(seed)
    count = len(anchors(spec))
    return random.normal(0, 4, count * 4), random.normal(-1.5, 1.6, count * len(labels))


def case(seen, name, spec, outputs, coverage=WHOLE, coder=CODER, labels=LABELS, **changed):
    encodings, logits = ([round(float(value), 4) for value in output] for output in outputs)
    thresholds = {**THRESHOLDS, **changed}
    scored = [
        (
            decode(anchor, encodings[row * 4 : row * 4 + 4], coder),
            [1 / (1 + math.exp(-value)) for value in logits[row * len(labels) : (row + 1) * len(labels)]],
        )
        for row, anchor in enumerate(anchors(spec))
    ]
    return {
        "name": name,
        "output": {"kind": "ssd", "boxes": "boxes", "logits": "logits", "box_coder": coder, "anchors": spec},
        "labels": labels,
        "thresholds": thresholds,
        "coverage": coverage,
        "boxes": encodings,
        "logits": logits,
        "detections": boxes.detections(scored, labels, thresholds, coverage, seen),
    }


def grid(maps, reduced, ratios=(1.0, 2.0, 0.5, 3.0, 0.3333), extra=1.0, low=0.2, high=0.95):
    return {
        "feature_maps": maps,
        "min_scale": low,
        "max_scale": high,
        "aspect_ratios": list(ratios),
        "interpolated_scale_aspect_ratio": extra,
        "reduce_boxes_in_lowest_layer": reduced,
    }


def overlaps():
    """Boxes of 0.4 by 0.4 shifted against the best one: IoU 0.509 and 0.495, and one of another class."""
    return {
        0: ((0.1, 0.1, 0.5, 0.5), {1: 0.9}),
        3: ((0.23, 0.1, 0.63, 0.5), {1: 0.8}),
        7: ((0.1, 0.235, 0.5, 0.635), {1: 0.7, 3: 0.4}),
        12: ((0.11, 0.1, 0.51, 0.5), {3: 0.6}),
        15: ((0.7, 0.7, 0.95, 0.9), {1: 0.302, 3: 0.298}),
        16: ((0.2, 0.6, 0.6, 0.9), {2: 0.99}),
    }


def edges():
    return {
        1: ((-0.2, -0.1, 0.3, 0.4), {1: 0.81, 3: 0.33}),
        2: ((0.6, 0.7, 1.4, 1.2), {3: 0.72}),
        4: ((1.01, 0.2, 1.3, 0.5), {1: 0.95}),
        5: ((0.3, -0.6, 0.7, -0.02), {3: 0.96}),
        8: ((-1.5, -2, 3, 2.5), {1: 0.5}),
    }


def padded():
    """Boxes of an input of which the picture covers the upper three quarters."""
    return {
        0: ((0.1, 0.15, 0.4, 0.6), {1: 0.88}),
        3: ((0.5, 0.5, 0.8, 0.9), {3: 0.77}),
        4: ((0.1, 0.8, 0.4, 0.98), {1: 0.93}),
    }


def cases():
    seen = set()
    reduced, full, single = grid([2, 1], True), grid([2, 1], False), grid([1], False)
    plain = grid([3, 2], False, ratios=(1.0, 2.0, 0.5), extra=0.0, low=0.15, high=0.6)
    wide = grid([3, 2, 1], True, ratios=(1.0, 1.5), extra=1.2)
    people = [None, "person"]
    made = [
        case(seen, "overlaps within and across classes", reduced, placed(reduced, overlaps())),
        case(seen, "boxes over the edge and outside", full, placed(full, edges())),
        case(seen, "a letterbox", reduced, placed(reduced, padded()), {"width": 1, "height": 0.75}),
        case(seen, "a single cell", single, noise(single, 2)),
        case(seen, "one class", single, noise(single, 3, people), labels=people),
        case(seen, "the lowest layer not reduced", full, noise(full, 8)),
        case(seen, "no interpolated anchor", plain, noise(plain, 6), score=0.4, iou=0.3),
        case(seen, "another coder, a pillarbox", wide, noise(wide, 10), NARROW, coder=[8, 9, 4, 6]),
        case(seen, "only the best three", wide, noise(wide, 11), max_detections=3, iou=0.6),
    ]
    boxes.check_coverage(seen)
    return made
