"""Characters in poses as a source of frames, whatever they are made from: layer sheets or a folder of images."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from gpvae_tf.files.readers import unreadable

_ORDER_SEED = 423  # the authors'


class Pose(NamedTuple):
    """One of the poses that every character takes.

    Attributes:
      action: such as "walk"; for a user's own images the file's name, if it does not have all three parts.
      direction: such as "front", or "".
      time: number of the frame within the sequence of this action and direction, from 0.
    """

    action: str
    direction: str
    time: int

    def __str__(self) -> str:
        return f"{self.action}_{self.direction}_{self.time}" if self.direction else self.action

    @classmethod
    def parse(cls, name: str) -> "Pose":
        """The pose that is written ACTION_DIRECTION_TIME; any other name is an action of its own."""
        action, direction, time = (*name.rsplit("_", 2), "", "")[:3]
        return cls(action, direction, int(time)) if action and direction and time.isdecimal() else cls(name, "", 0)


@dataclasses.dataclass(frozen=True, eq=False)
class CharacterSource:
    """P characters in A poses, whose frames are made one character at a time.

    Attributes:
      folder: the folder they are made from.
      fingerprint: hexadecimal; another content of the folder has another one.
      characters: P names, in the order that `order` gives.
      poses: A of them.
      image_shape: (H, W, 3).
      attribute_names: what the columns of `attributes` are; () if nothing is known of the characters.
      attributes: [P, F] int32, variant numbers from 0.
      make_frames: the frames of character p, [A, H, W, 3] uint8.
      check: raises a ValueError that names the files which cannot be used; slow, so it is called before frames are
        made and not when those of an earlier time are read.
      frames_sha256: SHA-256 of all frames, where it is known beforehand.
    """

    folder: Path
    fingerprint: str
    characters: tuple[str, ...]
    poses: tuple[Pose, ...]
    image_shape: tuple[int, int, int]
    attribute_names: tuple[str, ...]
    attributes: np.ndarray
    make_frames: Callable[[int], np.ndarray]
    check: Callable[[], None] = lambda: None
    frames_sha256: str | None = None

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """Shape (P, A, H, W, 3) of all frames."""
        return (len(self.characters), len(self.poses), *self.image_shape)


def order(num_characters: int) -> np.ndarray:
    """The order of the characters, training characters first: the authors' permutation, of any number of them."""
    return np.random.RandomState(_ORDER_SEED).permutation(num_characters)


def read_image(file: Path) -> Image.Image:
    """The image in a file, its pixels read.

    Raises:
      ValueError: if Pillow cannot read it.
      FileNotFoundError: if it is not there.
    """
    try:
        with Image.open(file) as image:
            image.load()
            return image
    except FileNotFoundError:
        raise
    except (OSError, SyntaxError, ValueError) as error:  # Pillow's decoders raise any of these
        raise unreadable(file, "an image", error) from error


def on_black(image: Image.Image) -> np.ndarray:
    """An image over black, [H, W, 3] uint8."""
    black = Image.new("RGBA", image.size, (0, 0, 0, 255))
    return np.asarray(Image.alpha_composite(black, image.convert("RGBA")))[..., :3]
