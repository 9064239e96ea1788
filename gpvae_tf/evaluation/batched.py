"""A function of a batch of images over a whole set of them, compiled once, a batch at a time."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.checks import at_least_one, check_shape
from gpvae_tf.models.image_vae import ImageVAE

BATCH_SIZE = 128


class OverImages:
    """A function (images [b, H, W, C], stateless seed [2][, mask]) -> tensors [b, ...], for whole sets of images.

    Args:
      function: may return one tensor or a structure of them (dict, named tuple).
      model: whose shape the images have, and whose likelihood can have their values.
      fewest: images that a batch needs; fewer that are left at the end join the batch before.
    """

    def __init__(self, function: Callable[..., Any], model: ImageVAE, *, fewest: int = 1):
        self._model, self._fewest = model, fewest
        # `partial`, or TensorFlow would take the functions of many models for one that is traced too often.
        self._compiled = tf.function(functools.partial(function), reduce_retracing=True)

    def __call__(
        self,
        images: np.ndarray,
        *,
        mask: np.ndarray | None = None,
        batch_size: int = BATCH_SIZE,
        seed: tuple[int, int] = (0, 0),
    ) -> Any:
        """Results [N, ...] as NumPy arrays.

        Args:
          images: [N, H, W, C].
          mask: boolean [N, H, W, C], True = observed, cut like the images and given to the function as its third
            argument; None for a function of two.
          batch_size: images at a time; the last batch may be smaller, or larger by fewer than `fewest`.
          seed: two integers, from which every batch gets its own seed.

        Raises:
          ValueError: if there are too few images, images or mask have another shape, images have values that are not
            finite or that the likelihood cannot have, or batch_size is below 1 or `fewest`.
        """
        check_shape("images", images, ("N", *self._model.event_shape))
        if len(images) == 0:
            raise ValueError("images is empty: there is nothing to evaluate")
        if len(images) < self._fewest:
            raise ValueError(
                f"images has {len(images)} images; expected at least {self._fewest}, a batch of this model"
            )
        if mask is not None:
            check_shape("mask", mask, images.shape)
        at_least_one("batch_size", batch_size)
        if batch_size < self._fewest:
            raise ValueError(f"batch_size must be >= {self._fewest}, the fewest images of a batch, got {batch_size}")
        self._model.check_batch({"observations": images, "mask": mask})  # which compiled code does not
        results = []
        for number, rows in enumerate(_batches(len(images), batch_size, self._fewest)):
            batch_seed = tf.random.fold_in(tf.constant(seed, tf.int32), number)
            masks = () if mask is None else (tf.constant(mask[rows]),)
            results.append(self._compiled(tf.constant(images[rows]), batch_seed, *masks))
        return tf.nest.map_structure(lambda *parts: np.concatenate([part.numpy() for part in parts]), *results)


def _batches(num: int, batch_size: int, fewest: int) -> list[slice]:
    """The rows of every batch: `batch_size` of them, and in the last what is left; it may have been too few alone."""
    starts = list(range(0, num, batch_size))
    if len(starts) > 1 and num - starts[-1] < fewest:
        starts.pop()
    return [slice(start, end) for start, end in zip(starts, [*starts[1:], num])]
