"""The frame counter in the bottom rows of every frame; README.md describes it."""

import numpy as np

CELLS = 16
BITS = 10
CRC_BITS = 4
#: Height of the strip as a part of the frame's height.
STRIP = 1 / 30


def crc4(value):
    """Remainder of the counter's ten bits, most significant first, by x^4 + x + 1."""
    register = 0
    for bit in range(BITS - 1, -1, -1):
        top = (register >> 3) ^ (value >> bit) & 1
        register = (register << 1) & 0xF ^ (0b0011 if top else 0)
    return register


def cells_of(counter):
    """The sixteen cells of a counter, True for white."""
    if not 0 <= counter < 1 << BITS:
        raise ValueError(f"{counter} does not fit in {BITS} bits")
    word = 0b10 << (BITS + CRC_BITS) | counter << CRC_BITS | crc4(counter)
    return [bool(word >> (CELLS - 1 - cell) & 1) for cell in range(CELLS)]


def stamp(pixels, counter):
    """Writes a counter into a frame (height × width × 3, uint8), in place."""
    height, width = pixels.shape[:2]
    top = height - round(height * STRIP)
    for cell, white in enumerate(cells_of(counter)):
        left, right = cell * width // CELLS, (cell + 1) * width // CELLS
        pixels[top:, left:right] = 255 if white else 0


def read(pixels):
    """The counter of a frame (height × width × 3), or None when it cannot be told for sure."""
    height, width = pixels.shape[:2]
    strip = height * STRIP
    rows = slice(round(height - 0.75 * strip), round(height - 0.25 * strip))
    levels = np.array([
        np.median(pixels[rows, round((cell + 0.25) * width / CELLS) : round((cell + 0.75) * width / CELLS)])
        for cell in range(CELLS)
    ])
    white, black = levels[:2]
    if white - black < 80:
        return None
    share = (levels - black) / (white - black)
    if np.any((share > 0.3) & (share < 0.7)):
        return None
    word = int("".join("1" if part > 0.5 else "0" for part in share), 2)
    counter = word >> CRC_BITS & (1 << BITS) - 1
    return counter if word & 0xF == crc4(counter) else None
