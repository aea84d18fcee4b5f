"""What the readers of both output kinds share: coverage, clipping, suppression, and checks of the cases."""

# No figure may lie so near a threshold or to another's score that rounding decides.
MARGIN = 1e-3


def iou(a, b):
    """Of two boxes (xmin, ymin, xmax, ymax) with area."""
    wide = min(a[2], b[2]) - max(a[0], b[0])
    tall = min(a[3], b[3]) - max(a[1], b[1])
    shared = wide * tall if wide > 0 and tall > 0 else 0.0
    both = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return shared / (both - shared)


def on_frame(box, coverage):
    """A box in fractions of the input -> in fractions of the frame, clipped to it; None when nothing is left."""
    wide, tall = coverage["width"], coverage["height"]
    box = [box[0] / wide, box[1] / tall, box[2] / wide, box[3] / tall]
    box = [min(max(side, 0.0), 1.0) for side in box]
    return box if box[2] > box[0] and box[3] > box[1] else None


def detections(scored, labels, thresholds, coverage, seen):
    """`scored`: (box in fractions of the input, a score for each label). Notes in `seen` what came up."""
    found = []
    for raw, scores in scored:
        box = on_frame(raw, coverage)
        for label, score in zip(labels, scores):
            assert abs(score - thresholds["score"]) > MARGIN, "a score on the threshold"
            if score <= thresholds["score"]:
                continue
            if label is None or box is None:
                seen.add("unnamed" if label is None else "outside")
                continue
            if min(raw) < 0 or max(raw) > 1:
                seen.add("clipped")
            found.append((score, label, box))
    found.sort(key=lambda hit: -hit[0])
    for better, worse in zip(found, found[1:]):
        assert better[0] - worse[0] > MARGIN / 10, "scores too alike to be sure of their order"
    kept = suppress(found, thresholds["iou"], seen)
    if len(kept) > thresholds["max_detections"]:
        seen.add("too many")
    return [detection(*hit) for hit in kept[: thresholds["max_detections"]]]


def suppress(found, limit, seen):
    kept = []
    for score, label, box in found:
        beaten = False
        for _, other_label, other in kept:
            overlap = iou(box, other)
            if label != other_label:
                if overlap > limit:
                    seen.add("overlap across classes")
                continue
            assert abs(overlap - limit) > MARGIN, "an overlap on the threshold"
            beaten = beaten or overlap > limit
            seen.add("suppressed" if overlap > limit else "overlap too small" if overlap > 0 else "apart")
        if not beaten:
            kept.append((score, label, box))
    return kept


def detection(score, label, box):
    xmin, ymin, xmax, ymax = (round(side, 6) for side in box)
    return {"label": label, "score": round(score, 6), "xmin": xmin, "ymin": ymin, "xmax": xmax, "ymax": ymax}


EVERYTHING = {
    "unnamed",
    "outside",
    "clipped",
    "overlap across classes",
    "suppressed",
    "overlap too small",
    "apart",
    "too many",
}


def check_coverage(seen):
    assert seen == EVERYTHING, f"no case shows: {EVERYTHING - seen}"
