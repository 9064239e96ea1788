"""SPRITES in memory: splits of characters and poses over frames that stay in a memory map."""

import dataclasses

import numpy as np

from gpvae_tf.datasets.memory_maps import release
from gpvae_tf.datasets.sprites_source import Pose

_SPLITS = ("train", "test_action", "validation", "test")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class CharacterSplit:
    """n characters, each in k poses of its own. Frames are read when they are asked for.

    Attributes:
      frames: [P, A, H, W, C] uint8, all characters in all poses.
      characters: [n] int32, rows of `frames`.
      poses: [n, k] int32, columns of `frames`.

    Raises:
      ValueError: on wrong ranks, sizes or types, or a character or pose that is not in `frames`.
    """

    frames: np.ndarray
    characters: np.ndarray
    poses: np.ndarray

    def __post_init__(self):
        if self.frames.ndim != 5 or self.frames.dtype != np.uint8:
            raise ValueError(f"frames is {self.frames.dtype} {self.frames.shape}; expected uint8 [P, A, H, W, C]")
        characters, poses = np.array(self.characters), np.array(self.poses)
        if characters.ndim != 1 or poses.ndim != 2 or len(poses) != len(characters) or not poses.size:
            raise ValueError(
                f"characters has shape {characters.shape} and poses {poses.shape}; expected [n] and [n, k], n, k >= 1"
            )
        for name, array, size in zip(("characters", "poses"), (characters, poses), self.frames.shape):
            if not np.issubdtype(array.dtype, np.integer):
                raise ValueError(f"{name} is {array.dtype}; expected integers")
            if array.min() < 0 or array.max() >= size:
                raise ValueError(f"{name} must lie in 0, ..., {size - 1}; they go from {array.min()} to {array.max()}")
            array = array.astype(np.int32)
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    def __len__(self) -> int:
        return len(self.characters)

    def __repr__(self) -> str:
        return f"CharacterSplit({len(self)} characters x {self.frames_per_character} poses)"

    @property
    def frames_per_character(self) -> int:
        """The number k of poses of every character."""
        return self.poses.shape[1]

    @property
    def inputs(self) -> np.ndarray:
        """The GP's inputs (pose id, character id), [n, k, 2] float32."""
        characters = np.broadcast_to(self.characters[:, np.newaxis], self.poses.shape)
        return np.stack([self.poses, characters], axis=-1).astype(np.float32)

    def read(self, which: np.ndarray | slice = slice(None)) -> np.ndarray:
        """The frames of the characters with these numbers in the split, a copy [len(which), k, H, W, C] uint8."""
        frames = np.asarray(self.frames[self.characters[which, np.newaxis], self.poses[which]])
        release(self.frames)
        return frames

    def take(self, which: np.ndarray | slice) -> "CharacterSplit":
        """Selects characters by their numbers in the split, a slice, or one boolean per character."""
        return CharacterSplit(self.frames, self.characters[which], self.poses[which])


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Sprites:
    """P characters in A poses, and their splits.

    Attributes:
      frames: [P, A, H, W, 3] uint8, read-only, in a memory map; the training characters come first.
      train: the training characters in k random poses each.
      test_action: the training characters in the other poses; None if there are none.
      validation: training characters that are held out, in all poses (not a split of the authors'); None if there are
        none.
      test: the characters never trained on, in all poses.
      characters: the P characters' names.
      poses: the A poses.
      attribute_names: what is known of the characters (body, bottom, top, hair); () for images of a user's own.
      attributes: [P, F] int32, the characters' variant numbers.
    """

    frames: np.ndarray
    train: CharacterSplit
    test_action: CharacterSplit | None
    validation: CharacterSplit | None
    test: CharacterSplit
    characters: tuple[str, ...]
    poses: tuple[Pose, ...]
    attribute_names: tuple[str, ...]
    attributes: np.ndarray

    @property
    def splits(self) -> dict[str, CharacterSplit]:
        """The splits by name."""
        found = {name: getattr(self, name) for name in _SPLITS}
        return {name: split for name, split in found.items() if split is not None}

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(H, W, 3)."""
        return self.frames.shape[2:]

    def __repr__(self) -> str:
        sizes = ", ".join(f"{name}={split}" for name, split in self.splits.items())
        return f"Sprites({len(self.characters)} characters, {len(self.poses)} poses, {sizes})"
