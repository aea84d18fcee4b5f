"""Counts what a model is sure to see where there is nothing of COCO: textures, the sky, microscopy, text."""
import sys
from pathlib import Path

import skimage.data
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "eval"))

# All shipped inside the scikit-image wheel, none shows an object that COCO names.
TEXTURES = ["brick.png", "grass.png", "gravel.png"]
OTHERS = ["cell.png", "chessboard_GRAY.png", "chessboard_RGB.png", "coins.png", "color.png", "hubble_deep_field.jpg",
          "ihc.png", "microaneurysms.png", "moon.png", "page.png", "phantom.png", "retina.jpg", "text.png"]
SHOWN, SURE = 0.3, 0.5


def pictures():
    """(name, image): every photo whole, the textures also in quarters and as a phone on its side shows them."""
    folder = Path(skimage.data.__file__).parent
    for name in TEXTURES + OTHERS:
        image = Image.open(folder / name).convert("RGB")
        yield name, image
        if name in TEXTURES:
            yield f"{name} turned", image.transpose(Image.Transpose.ROTATE_90)
            w, h = image.width // 2, image.height // 2
            for x, y in ((0, 0), (w, 0), (0, h), (w, h)):
                yield f"{name} at {x},{y}", image.crop((x, y, x + w, y + h))


def false_alarms(detector):
    """(detections with a score of at least SHOWN, of at least SURE, (score, label, picture) of the surest)"""
    found = [(score, detector.labels[column], name)
             for name, image in pictures() for column, score, *_ in detector.detect(image, 0.05)]
    counts = (sum(score >= limit for score, *_ in found) for limit in (SHOWN, SURE))
    return *counts, max(found)
