"""SPRITES (Li & Mandt, 2018; Section 4.3 of SVGP-VAE): characters composed of layers of the Liberated Pixel Cup.

A sheet has 13 columns and 21 rows of square cells with one layer of a character in all its poses. The layers lie over
each other on black: body, bottomwear, topwear, hair, shoes. Six variants of each of the first four make 1,296
characters; all wear the same shoes. Three actions in three directions, of 8 frames each, make 72 poses.
"""

import functools
import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from gpvae_tf.checks import at_least_one
from gpvae_tf.datasets.sprites_source import CharacterSource, Pose, order, read_image

LAYERS = ("body", "bottomwear", "topwear", "hair")  # from below; shoes come last
ATTRIBUTES = ("body", "bottom", "top", "hair")
SHOES = "shoes/1.png"
VARIANTS = 6
COLUMNS, ROWS = 13, 21

# The authors' sheets (digest of their names and contents), and the SHA-256 of all frames that they make.
_AUTHORS_FINGERPRINT = "46095fc9e9eb65d98dd60ea34e01caf8074adf44e5c2114c14d13515c82252d0"
_AUTHORS_FRAMES = "aec1d11677b31470867d9ee6c6339f80522dd72b0ed2aca351872e1b8f80f288"

_FIRST_ROW = {"walk": 9, "spellcard": 1, "slash": 13}
_ROW_OFFSET = {"front": 1, "left": 0, "right": 2}
_TIME_COLUMNS = {
    "walk": (8, 1, 2, 3, 4, 5, 6, 7),
    "spellcard": (0, 1, 2, 3, 4, 5, 4, 6),
    "slash": (0, 1, 2, 3, 4, 5, 4, 0),
}
POSES = tuple(
    Pose(action, direction, time)
    for action, columns in _TIME_COLUMNS.items()
    for direction in _ROW_OFFSET
    for time in range(len(columns))
)


def layer_source(folder: Path, variants: int | None = VARIANTS) -> CharacterSource:
    """The characters that a folder of layers makes: all combinations of the variants of the four layers.

    Args:
      folder: has body/0.png, ..., and so on for every layer, and shoes/1.png.
      variants: variants of each layer, 0.png to (variants - 1).png, others are not used; None uses all there are,
        which may differ between layers.

    Raises:
      FileNotFoundError: if sheets are missing; names them.
      ValueError: if variants is below 1, or sheets are no images with transparency or differ in size; names them.
    """
    counts = [_count(folder / layer) if variants is None else at_least_one("variants", variants) for layer in LAYERS]
    names = [f"{layer}/{number}.png" for layer, count in zip(LAYERS, counts) for number in range(count)] + [SHOES]
    if absent := [name for name in names if not (folder / name).is_file()]:
        raise FileNotFoundError(f"sprites_dir = {folder} lacks {', '.join(absent)}")
    images = {name: read_image(folder / name) for name in names}
    side = _cell_side(folder, images)
    numbers = np.stack(np.unravel_index(order(int(np.prod(counts))), counts), axis=-1).astype(np.int32)
    strips = functools.cache(lambda name: _strip(images[name], side))

    @functools.lru_cache(maxsize=VARIANTS**2)  # 42 MB for the authors' sheets; saves two of five layers
    def lower(*names: str) -> Image.Image:
        return functools.reduce(Image.alpha_composite, map(strips, names), _black(side))

    def make_frames(character: int) -> np.ndarray:
        worn = [f"{layer}/{number}.png" for layer, number in zip(LAYERS, numbers[character])]
        composed = functools.reduce(Image.alpha_composite, [lower(*worn[:2]), *map(strips, (*worn[2:], SHOES))])
        return np.asarray(composed.convert("RGB")).reshape(len(POSES), side, side, 3)

    fingerprint = _fingerprint(folder, names)
    return CharacterSource(
        folder=folder,
        fingerprint=fingerprint,
        characters=tuple("-".join(map(str, row)) for row in numbers),
        poses=POSES,
        image_shape=(side, side, 3),
        attribute_names=ATTRIBUTES,
        attributes=numbers,
        make_frames=make_frames,
        frames_sha256=_AUTHORS_FRAMES if fingerprint == _AUTHORS_FINGERPRINT else None,
    )


def _count(folder: Path) -> int:
    """One more than the highest number of a variant; at least 1, so that a missing 0.png is reported."""
    return 1 + max((int(file.stem) for file in folder.glob("*.png") if file.stem.isdecimal()), default=0)


def _fingerprint(folder: Path, names: list[str]) -> str:
    lines = (f"{name} {hashlib.sha256((folder / name).read_bytes()).hexdigest()}\n" for name in names)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _cell_side(folder: Path, images: dict[str, Image.Image]) -> int:
    """The cells' side in pixels, which must be the same in all sheets."""
    width, height = Counter(image.size for image in images.values()).most_common(1)[0][0]
    expected = (width // COLUMNS * COLUMNS, width // COLUMNS * ROWS)
    other = [f"{name} is {image.width}x{image.height}" for name, image in images.items() if image.size != expected]
    if other:
        raise ValueError(
            f"sprites_dir = {folder}: {', '.join(other)}; expected sheets of one size, {COLUMNS} columns and {ROWS} "
            f"rows of square cells, such as {COLUMNS * 64}x{ROWS * 64}"
        )
    if opaque := [f"{name} ({image.mode})" for name, image in images.items() if not image.has_transparency_data]:
        raise ValueError(f"sprites_dir = {folder}: sheets without transparency hide the layers below: {opaque}")
    return width // COLUMNS


def _strip(sheet: Image.Image, side: int) -> Image.Image:
    """The cells of all poses of a sheet, one below the other, so that a character is composed in one go."""
    cells = np.asarray(sheet.convert("RGBA")).reshape(ROWS, side, COLUMNS, side, 4)
    rows = [_FIRST_ROW[pose.action] + _ROW_OFFSET[pose.direction] for pose in POSES]
    columns = [_TIME_COLUMNS[pose.action][pose.time] for pose in POSES]
    return Image.fromarray(np.ascontiguousarray(cells[rows, :, columns]).reshape(-1, side, 4))


def _black(side: int) -> Image.Image:
    return Image.new("RGBA", (side, len(POSES) * side), (0, 0, 0, 255))
