"""A picture -> the model's input tensor, by Pillow's own resize."""

import numpy as np
from PIL import Image

UNIT = {"mean": [127.5] * 3, "std": [127.5] * 3}
RAW = {"mean": [0, 0, 0], "std": [1, 1, 1]}
IMAGENET = {"mean": [123.675, 116.28, 103.53], "std": [58.395, 57.12, 57.375]}


def letterbox(pad):
    return {"letterbox_top_left": {"pad": pad}}


def picture(width, height, seed):
    """Smooth slopes, hard edges and noise; pure noise would hide a shift by a pixel."""
    random = np.random.default_rng(seed)
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    slopes = np.stack([255 * x, 255 * y, 255 * (1 - x * y)], axis=2)
    edges = np.where(((x * 5).astype(int) + (y * 4).astype(int))[..., None] % 2, 60, -60)
    noise = random.integers(-40, 41, (height, width, 3))
    return np.clip(slopes + edges + noise, 0, 255).astype(np.uint8)


def covered(width, height, spec):
    """Size of the picture within the input. Whole numbers all the way: as floats, 11 * (30 / 22) is under 15."""
    wide, tall = spec["width"], spec["height"]
    if spec["fit"] == "stretch":
        return wide, tall
    if wide * height <= tall * width:
        return wide, max(1, height * wide // width)
    return max(1, width * tall // height), tall


def tensor(rgb, spec):
    height, width, _ = rgb.shape
    size = covered(width, height, spec)
    levels = np.zeros((spec["height"], spec["width"], 3))
    if spec["fit"] != "stretch":
        levels[:] = spec["fit"]["letterbox_top_left"]["pad"]
    # In two steps, columns first: left to itself Pillow begins with whichever is less work.
    narrow = Image.fromarray(rgb).resize((size[0], height), Image.BILINEAR)
    levels[: size[1], : size[0]] = narrow.resize(size, Image.BILINEAR)
    if spec["color"] == "bgr":
        levels = levels[:, :, ::-1]
    planes = ((levels - spec["mean"]) / spec["std"]).transpose(2, 0, 1)
    coverage = {"width": size[0] / spec["width"], "height": size[1] / spec["height"]}
    return planes, coverage


def short(value):
    """Digits beyond a hundredth of a level would only make the file longer."""
    value = round(value, 4)
    return int(value) if value == int(value) else value


def case(name, image, size, color, levels, fit="stretch"):
    width, height = size
    spec = {"name": "image", "width": width, "height": height, "color": color, **levels, "fit": fit}
    rgb = picture(*image, seed=width * 100 + height)
    planes, coverage = tensor(rgb, spec)
    return {
        "name": name,
        "image": {"width": image[0], "height": image[1], "rgb": rgb.ravel().tolist()},
        "input": spec,
        "tensor": [short(value) for value in planes.ravel().tolist()],
        "coverage": coverage,
    }


def cases():
    return [
        case("enlarged", (5, 4), (13, 11), "rgb", UNIT),
        case("shrunk by 2.42 and 2.33", (29, 21), (12, 9), "rgb", IMAGENET),
        case("shrunk to almost nothing", (17, 14), (3, 2), "rgb", RAW),
        case("portrait, wider and lower", (9, 16), (12, 12), "bgr", IMAGENET),
        case("of the input's own size", (6, 5), (6, 5), "bgr", RAW),
        case("one column", (1, 7), (3, 5), "rgb", UNIT),
        case("landscape in a letterbox", (25, 14), (16, 16), "bgr", RAW, letterbox(114)),
        case("portrait in a letterbox", (14, 19), (18, 12), "rgb", IMAGENET, letterbox(114)),
        case("enlarged in a letterbox", (5, 3), (14, 14), "rgb", UNIT, letterbox(0)),
        case("a letterbox it fills, unless a float rounds", (22, 11), (26, 13), "bgr", RAW, letterbox(114)),
        case("a letterbox it fills, unless a double rounds", (22, 11), (30, 15), "rgb", RAW, letterbox(114)),
        case("a letterbox that rounding could make lower", (9, 22), (13, 13), "rgb", RAW, letterbox(7)),
        case("a line in a letterbox", (30, 1), (8, 8), "bgr", UNIT, letterbox(255)),
    ]
