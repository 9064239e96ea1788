"""Prefix products of an associative operation, in a number of steps that grows with log n."""

from collections.abc import Callable
from typing import TypeVar

import tensorflow as tf
import tensorflow_probability as tfp

Elements = TypeVar("Elements", bound=tuple)


def scan(combine: Callable[[Elements, Elements], Elements], elements: Elements) -> Elements:
    """e_1, e_1 * e_2, e_1 * e_2 * e_3, ... along the axis of n.

    Where n is known, it is `tfp.math.scan_associative` (Blelloch), about 2n operations. In a graph for any length, as a
    SavedModel's, that would be a branch for every power of two; doubling steps in a loop are there a graph of constant
    size with n log2 n operations.

    Args:
      combine: (earlier, later) -> both in one, for any n.
      elements: a named tuple of matrices [..., n, d, k_i], which travel side by side as one tensor: every slice of the
        scan would else be taken of each.
    """
    kind, known = type(elements), [part.shape[-1] for part in elements]
    sizes = known if None not in known else [tf.shape(part)[-1] for part in elements]
    packed = tf.concat(elements, axis=-1)

    def unpacked(together: tf.Tensor) -> Elements:
        parts = tf.split(together, sizes, axis=-1)
        if None in known:  # a split of sizes that are tensors knows none of them
            parts = [tf.ensure_shape(part, [*part.shape[:-1], size]) for part, size in zip(parts, known)]
        return kind(*parts)

    together = lambda a, b: tf.concat(combine(unpacked(a), unpacked(b)), axis=-1)
    length = packed.shape[-3]
    if length is None:
        return unpacked(_doubling(together, packed))
    return elements if length < 2 else unpacked(tfp.math.scan_associative(together, packed, axis=-3))


def _doubling(combine: Callable[[tf.Tensor, tf.Tensor], tf.Tensor], elements: tf.Tensor) -> tf.Tensor:
    """The same by Hillis and Steele: after k steps an entry has the product of the 2^k entries that end with it."""
    length = tf.shape(elements)[-3]

    def step(width: tf.Tensor, current: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        joined = combine(current[..., : length - width, :, :], current[..., width:, :, :])
        longer = tf.concat([current[..., :width, :, :], joined], axis=-3)
        return 2 * width, tf.ensure_shape(longer, current.shape)

    return tf.while_loop(lambda width, current: width < length, step, (tf.constant(1), elements))[1]
