"""A function of a batch of images over a whole set of them, compiled once, a batch at a time."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.checks import at_least_one, check_shape

BATCH_SIZE = 128


class OverImages:
    """A function (images [b, H, W, C], stateless seed [2][, mask]) -> tensors [b, ...], for whole sets of images.

    Args:
      function: may return one tensor or a structure of them (dict, named tuple).
      event_shape: (H, W, C), checked.
    """

    def __init__(self, function: Callable[..., Any], event_shape: tuple[int, ...]):
        self._image_shape, self._compiled = tuple(event_shape), tf.function(function, reduce_retracing=True)

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
          batch_size: images at a time; the last batch may be smaller.
          seed: two integers, from which every batch gets its own seed.

        Raises:
          ValueError: if there is no image, images or mask have another shape, or batch_size is below 1.
        """
        check_shape("images", images, ("N", *self._image_shape))
        if len(images) == 0:
            raise ValueError("images is empty: there is nothing to evaluate")
        if mask is not None:
            check_shape("mask", mask, images.shape)
        at_least_one("batch_size", batch_size)
        results = []
        for number, start in enumerate(range(0, len(images), batch_size)):
            batch_seed = tf.random.fold_in(tf.constant(seed, tf.int32), number)
            rows = slice(start, start + batch_size)
            masks = () if mask is None else (tf.constant(mask[rows]),)
            results.append(self._compiled(tf.constant(images[rows]), batch_seed, *masks))
        return tf.nest.map_structure(lambda *parts: np.concatenate([part.numpy() for part in parts]), *results)
