"""Characters of a user's own: a folder CHARACTER/POSE.png with one image of every character in every pose."""

import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from gpvae_tf.data.image_folders import natural_order
from gpvae_tf.datasets.sprites_source import CharacterSource, Pose, on_black, order, read_image
from gpvae_tf.files.readers import unreadable

_EIGHT_BITS = ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX")
_NAMED = 10  # files named in a message; their number follows


def folder_source(folder: Path) -> CharacterSource:
    """The characters in a folder of images CHARACTER/POSE.png; transparent pixels lie on black.

    Poses are in the order of their names, numbers by value (walk_2 before walk_10). A pose named ACTION_DIRECTION_TIME
    is known by its parts.

    Raises:
      FileNotFoundError: if there are no such files.
      ValueError: if characters differ in their poses (files that are missing or too many are named), or an image
        cannot be read. `check` raises if images differ in size or have more than 8 bits.
    """
    images = {path.name: _pose_names(path) for path in sorted(folder.iterdir()) if path.is_dir()}
    images = {character: names for character, names in images.items() if names}
    if not images:
        raise FileNotFoundError(
            f"sprites_dir = {folder} has neither layers (body, bottomwear, topwear, hair, shoes) nor CHARACTER/POSE.png"
        )
    usual = Counter(images.values()).most_common(1)[0][0]
    missing = [f"{character}/{name}.png" for character, names in images.items() for name in sorted(usual - names)]
    extra = [f"{character}/{name}.png" for character, names in images.items() for name in sorted(names - usual)]
    if missing or extra:
        faults = [f"{what} {_listed(files)}" for what, files in (("lacks", missing), ("has extra", extra)) if files]
        raise ValueError(f"sprites_dir = {folder} {' and '.join(faults)}; all characters need the same poses")
    names = sorted(usual, key=natural_order)
    characters = sorted(images, key=natural_order)
    characters = [characters[number] for number in order(len(characters))]
    files = {character: [folder / character / f"{name}.png" for name in names] for character in characters}
    everything = [file for of_character in files.values() for file in of_character]
    width, height = _header(everything[0]).size

    def check() -> None:
        headers = {file: _header(file) for file in everything}
        size = Counter(image.size for image in headers.values()).most_common(1)[0][0]
        other = [
            f"{file.relative_to(folder)} ({image.width}x{image.height}, {image.mode})"
            for file, image in headers.items()
            if image.size != size or image.mode not in _EIGHT_BITS
        ]
        if other:
            raise ValueError(
                f"sprites_dir = {folder}: expected images of {size[0]}x{size[1]} pixels and 8 bits, "
                f"but {_listed(other)}"
            )

    return CharacterSource(
        folder=folder,
        fingerprint=_fingerprint(folder, everything),
        characters=tuple(characters),
        poses=tuple(Pose.parse(name) for name in names),
        image_shape=(height, width, 3),
        attribute_names=(),
        attributes=np.zeros((len(characters), 0), np.int32),
        make_frames=lambda character: np.stack([on_black(read_image(file)) for file in files[characters[character]]]),
        check=check,
    )


def _pose_names(folder: Path) -> frozenset[str]:
    return frozenset(file.stem for file in folder.glob("*.png") if not file.name.startswith("."))


def _header(file: Path) -> Image.Image:
    """Size and mode without pixels."""
    try:
        with Image.open(file) as image:
            return image
    except (OSError, SyntaxError, ValueError) as error:
        raise unreadable(file, "an image", error) from error


def _listed(files: list[str]) -> str:
    more = f" and {len(files) - _NAMED} more" if len(files) > _NAMED else ""
    return ", ".join(files[:_NAMED]) + more


def _fingerprint(folder: Path, files: list[Path]) -> str:
    """A digest of names, sizes and times of change: contents of 93,312 files are too much to read at every start."""
    digest = hashlib.sha256()
    for file in files:
        stat = file.stat()
        digest.update(f"{file.relative_to(folder)}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
