"""A split grouped by object, for models whose data sets are objects, as FGP-VAE's are the views of one digit."""

import dataclasses

import numpy as np

from gpvae_tf.datasets.splits import Split


@dataclasses.dataclass(frozen=True, eq=False)
class Objects:
    """A split grouped by object: P objects with up to n images each. Rows are padded to n; pixels stay in the split.

    Attributes:
      split: the images.
      rows: [P, n] int32, row of each image in the split; padding repeats the object's first image.
      mask: [P, n] bool, False where padded.
      ids: [P] int32, the objects' ids in the order of their first images.
    """

    split: Split
    rows: np.ndarray
    mask: np.ndarray
    ids: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, which: np.ndarray) -> "Objects":
        """Selects objects by their numbers or by one boolean per object; the split stays whole."""
        return Objects(self.split, self.rows[which], self.mask[which], self.ids[which])


def by_object(split: Split) -> Objects:
    """Groups a split's images by object, each in the split's order; objects may have different numbers of images."""
    ids, first, counts = np.unique(split.ids, return_index=True, return_counts=True)
    ordered = np.argsort(split.ids, kind="stable")
    mask = np.arange(counts.max()) < counts[:, np.newaxis]
    rows = np.repeat(first[:, np.newaxis], counts.max(), axis=1).astype(np.int32)
    rows[mask] = ordered
    order = np.argsort(first)
    return Objects(split, rows[order], mask[order], ids[order])


def objects_per_batch(objects: Objects, batch_size: int) -> int:
    """Number of objects in a batch of `batch_size` images.

    Raises:
      ValueError: if such a batch would split an object, or objects differ in their number of images.
    """
    counts = np.unique(objects.mask.sum(axis=1))
    if len(counts) > 1:
        raise ValueError(
            f"objects have {counts[0]} to {counts[-1]} images, so batch_size = {batch_size} images splits some; count "
            "batches in objects"
        )
    if batch_size < 1 or batch_size % counts[0]:
        raise ValueError(
            f"batch_size = {batch_size} splits an object: every object has {counts[0]} images; use a multiple of it"
        )
    return batch_size // int(counts[0])
