"""One split of views of objects (rotated digits, say): images, object ids and angles, held in memory once."""

import dataclasses

import numpy as np
import tensorflow as tf

from gpvae_tf.datasets.image_sets import check_finite, image_tensor


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Split:
    """n images, each of one object from one angle.

    The pixels live in one TensorFlow tensor on the CPU; `images` is a read-only NumPy view of it. So streams and
    pictures share one copy, however large the split. Drop your own array after construction.

    Attributes:
      images: [n, H, W, C] float32.
      ids: [n] int32, >= 0, the object in each image.
      angles: [n] float32, radians.

    Raises:
      ValueError: on wrong ranks or sizes, a negative id, or a value that is not finite.
    """

    images: np.ndarray
    ids: np.ndarray
    angles: np.ndarray
    image_tensor: tf.Tensor = dataclasses.field(init=False)

    def __post_init__(self):
        images, ids = np.asarray(self.images, np.float32), np.asarray(self.ids)
        angles = np.asarray(self.angles, np.float32)
        tensor = image_tensor(images)
        if not np.issubdtype(ids.dtype, np.integer):
            raise ValueError(f"ids is {ids.dtype}; expected integers")
        for name, array in (("ids", ids), ("angles", angles)):
            if array.shape != images.shape[:1]:
                raise ValueError(f"{name} has shape {array.shape}; expected [{len(images)}], one per image")
        if ids.min() < 0:
            raise ValueError(f"ids must be >= 0; image {int(ids.argmin())} has {ids.min()}")
        check_finite("angles", angles)
        ids, angles = ids.astype(np.int32), angles.copy()
        for array in (ids, angles):
            array.setflags(write=False)
        for name, value in (("image_tensor", tensor), ("images", np.asarray(tensor)), ("ids", ids), ("angles", angles)):
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return f"Split({len(self)} images of {len(np.unique(self.ids))} objects, shape {self.images.shape[1:]})"

    @property
    def inputs(self) -> np.ndarray:
        """The GP's inputs (angle in radians, object id), [n, 2] float32."""
        return np.stack([self.angles, self.ids.astype(np.float32)], axis=-1)

    def take(self, rows: np.ndarray) -> "Split":
        """The split of the given rows (numbers, or one boolean per image), in that order; their images are copied."""
        return Split(self.images[rows], self.ids[rows], self.angles[rows])

    def check_ids(self, num_objects: int, name: str = "split") -> None:
        """Raises a ValueError if an id is not in 0, ..., num_objects - 1."""
        if self.ids.max() >= num_objects:
            row = int(self.ids.argmax())
            raise ValueError(
                f"{name}: image {row} shows object {self.ids[row]}, but the table of object vectors has "
                f"{num_objects} rows (0 to {num_objects - 1})"
            )
