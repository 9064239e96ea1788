"""Small made-up layer sheets of SPRITES, and folders of images CHARACTER/POSE.png."""

from pathlib import Path

import numpy as np
from PIL import Image

SIDE = 4  # of a cell, pixels; the real ones have 64
LAYERS = ("body", "bottomwear", "topwear", "hair")


def write_sheets(folder: Path, counts: tuple[int, int, int, int] = (2, 2, 2, 2), side: int = SIDE) -> Path:
    """Random layers with alphas 0, 255 and some between, `counts` variants of each, and one pair of shoes."""
    rng, sheet = np.random.default_rng(0), (21 * side, 13 * side)
    files = [f"{layer}/{number}.png" for layer, count in zip(LAYERS, counts) for number in range(count)]
    for file in (*files, "shoes/1.png"):
        pixels = rng.integers(0, 256, (*sheet, 4), np.uint8)
        pixels[..., 3] = rng.choice(np.array([0, 0, 255, 100, 230], np.uint8), sheet)
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / file)
    return folder


def write_images(folder: Path, characters: tuple[str, ...], poses: tuple[str, ...], size: tuple[int, int]) -> Path:
    """Random RGB images of `size` (width, height) of every character in every pose."""
    rng = np.random.default_rng(1)
    for character in characters:
        (folder / character).mkdir(parents=True)
        for pose in poses:
            pixels = rng.integers(0, 256, (*size[::-1], 3), np.uint8)
            Image.fromarray(pixels).save(folder / character / f"{pose}.png")
    return folder
