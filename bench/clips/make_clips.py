"""Builds people.mjpeg, people.ivf and empty.mjpeg from OpenCV's vtest.avi (see README.md).

    python make_clips.py path/to/vtest.avi

Needs ffmpeg on the PATH and the packages of requirements.txt.
"""

import argparse
import hashlib
import io
import subprocess
from pathlib import Path

import numpy as np
from PIL import Image

import counter

SOURCE_SHA256 = "45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf"
SOURCE_SIZE = (768, 576)
SIZE = (640, 480)
QUALITY = 40
RATE = 30
#: The source runs at 10 frames a second, the clips are played at 30.
REPEATS = 3
#: Whoever comes to see people.ivf sees it from a key frame on: one begins every second. No frame is one that is
#: only decoded, not shown; and one thread gives the same bytes again.
VP8 = f"-c:v libvpx -b:v 2500k -g {RATE} -keyint_min {RATE} -auto-alt-ref 0 -lag-in-frames 0 -threads 1 -cpu-used 0"
PEOPLE = range(240, 290)
#: Median of frames spread over the whole source: whoever walks by is gone, what stands still stays.
MEDIAN_STEP = 10
#: A part of that empty place without the parked cars: left, top, right, bottom.
EMPTY_PART = (0, 48, 560, 468)
EMPTY_FRAMES = 60
HERE = Path(__file__).parent


def source_frames(path):
    """All frames of the source, decoded to RGB."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != SOURCE_SHA256:
        raise SystemExit(f"{path}: sha256 is {digest}, expected {SOURCE_SHA256}")
    return frames_of(path, SOURCE_SIZE)


def frames_of(path, size):
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    raw = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    width, height = size
    return np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3)


def people_pictures(frames):
    for index in PEOPLE:
        picture = Image.fromarray(frames[index]).resize(SIZE, Image.BILINEAR)
        yield from [picture] * REPEATS


def empty_pictures(frames):
    median = np.median(frames[::MEDIAN_STEP], axis=0).astype(np.uint8)
    picture = Image.fromarray(median).crop(EMPTY_PART).resize(SIZE, Image.BILINEAR)
    return [picture] * EMPTY_FRAMES


def narrow_range(picture):
    """Luma 16–235 and chroma 16–240, which is how Chromium's fake camera takes a JPEG's 0–255."""
    levels = np.asarray(picture.convert("YCbCr"), np.float64)
    scale, zero = np.array([219, 224, 224]) / 255, np.array([0, 128, 128])
    narrow = (levels - zero) * scale + zero + np.array([16, 0, 0])
    return Image.fromarray(np.rint(narrow).astype(np.uint8), "YCbCr")


def jpeg(picture, number):
    pixels = np.array(picture)
    counter.stamp(pixels, number)
    encoded = io.BytesIO()
    narrow = narrow_range(Image.fromarray(pixels))
    narrow.save(encoded, "JPEG", quality=QUALITY, subsampling="4:2:0", optimize=True)
    return encoded.getvalue()


def write_clip(name, pictures):
    """JPEG after JPEG, with nothing between them."""
    encoded = [jpeg(picture, number) for number, picture in enumerate(pictures)]
    for number, data in enumerate(encoded):
        if counter.read(np.array(Image.open(io.BytesIO(data)))) != number:
            raise SystemExit(f"{name}: the counter of frame {number} does not survive its encoding")
    clip = b"".join(encoded)
    (HERE / name).write_bytes(clip)
    print(f"{name}: {len(encoded)} frames, {len(clip)} bytes, sha256 {hashlib.sha256(clip).hexdigest()}")


def write_ivf(name, pictures):
    """The pictures as VP8. Its sender is ours: levels stay as a video's are."""
    path = HERE / name
    stamped = [np.array(picture) for picture in pictures]
    for number, pixels in enumerate(stamped):
        counter.stamp(pixels, number)
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "{}x{}".format(*SIZE)]
    command = ["ffmpeg", "-v", "error", "-y", *raw, "-r", str(RATE), "-i", "-", *VP8.split(), "-pix_fmt", "yuv420p"]
    # No version of the encoder's library in the file.
    subprocess.run([*command, "-fflags", "+bitexact", str(path)], check=True, input=b"".join(map(bytes, stamped)))
    shown = frames_of(path, SIZE)
    if [counter.read(pixels) for pixels in shown] != list(range(len(stamped))):
        raise SystemExit(f"{name}: the counters do not survive the encoding")
    clip = path.read_bytes()
    print(f"{name}: {len(shown)} frames, {len(clip)} bytes, sha256 {hashlib.sha256(clip).hexdigest()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="OpenCV's vtest.avi")
    frames = source_frames(parser.parse_args().source)
    write_clip("people.mjpeg", people_pictures(frames))
    write_ivf("people.ivf", people_pictures(frames))
    write_clip("empty.mjpeg", empty_pictures(frames))


if __name__ == "__main__":
    main()
