"""Rotated MNIST in memory: splits of views, the objects that they show, and the angles."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from gpvae_tf.data import pca
from gpvae_tf.datasets.splits import Split

_SPLITS, _PARTS = ("train", "eval", "test", "validation"), ("images", "ids", "angles")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class RotatedMNIST:
    """The splits of rotated MNIST and the P objects and A angles that they are made of.

    Attributes:
      train, eval, test: the images; eval has objects of its own at all angles, test the held-out angle.
      validation: the training objects at the held-out angle that test leaves out (not a split of the authors'), to
        choose settings by; None if it leaves none out.
      upright: [P, 28, 28] float32, every object at angle 0, or None.
      object_digits: [P] int32, the class of every object.
      angles: [A] float32, radians; `Split.angles` holds these very numbers.
      held_out_angle: radians, one of `angles`.
      object_vectors: [P, M] first values of the object vectors, which data without `upright` come with; else None.
      train_mask: which images of the training objects at the other angles are in `train`, object-major.

    Raises:
      ValueError: if an image shows an object outside the table of P objects, or there are neither upright images nor
        object vectors.
    """

    train: Split
    eval: Split
    test: Split
    validation: Split | None
    upright: np.ndarray | None
    object_digits: np.ndarray
    angles: np.ndarray
    held_out_angle: np.float32
    train_mask: np.ndarray
    object_vectors: np.ndarray | None = None

    def __post_init__(self):
        if self.upright is None and self.object_vectors is None:
            raise ValueError("upright and object_vectors are None; one of them is needed for first object vectors")
        for name, split in self.splits.items():
            split.check_ids(self.num_objects, name)

    @property
    def splits(self) -> dict[str, Split]:
        """The splits by name."""
        found = {name: getattr(self, name) for name in _SPLITS}
        return {name: split for name, split in found.items() if split is not None}

    def __repr__(self) -> str:
        sizes = ", ".join(f"{name}={getattr(self, name)}" for name in _SPLITS)
        return f"RotatedMNIST(digits={self.digits}, {self.num_objects} objects, {sizes})"

    @property
    def num_objects(self) -> int:
        """P, rows of a table of object vectors."""
        return len(self.object_digits)

    def first_vectors(self, dim: int) -> np.ndarray:
        """First values of object vectors, [P, dim]: principal components, or without `upright` the vectors of the data.

        Raises:
          ValueError: if there are fewer components, or the data came with fewer dimensions.
        """
        if self.upright is not None:
            return pca.pca_object_vectors(self.upright, dim)
        assert self.object_vectors is not None
        if dim > self.object_vectors.shape[1]:
            raise ValueError(f"dim = {dim}, but the data came with vectors of dimension {self.object_vectors.shape[1]}")
        return self.object_vectors[:, :dim]

    @property
    def digits(self) -> tuple[int, ...]:
        """The classes, in the order of their objects."""
        return tuple(int(digit) for digit in dict.fromkeys(self.object_digits))

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Everything as named arrays, train_images, train_ids, train_angles, ..., without copies."""
        arrays = {f"{name}_{part}": getattr(split, part) for name, split in self.splits.items() for part in _PARTS}
        names = ("upright", "object_digits", "angles", "train_mask", "object_vectors")
        arrays |= {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return arrays | {"held_out_angle": np.asarray(self.held_out_angle)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "RotatedMNIST":
        """The inverse of `to_arrays`; holds one split's array twice at a time."""
        names = [name for name in _SPLITS if name != "validation" or "validation_images" in arrays]
        found: dict[str, Any] = {"validation": None, "upright": None}
        found |= {name: Split(*(arrays[f"{name}_{part}"] for part in _PARTS)) for name in names}
        found |= {name: arrays[name] for name in ("object_digits", "angles", "train_mask")}
        found |= {name: arrays[name] for name in ("upright", "object_vectors") if name in arrays}
        return cls(**found, held_out_angle=np.float32(arrays["held_out_angle"]))
