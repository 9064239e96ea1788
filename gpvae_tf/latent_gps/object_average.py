"""The latents of an object that do not depend on the view: the average over its images."""

from collections.abc import Sequence

import tensorflow as tf

from gpvae_tf.latent_gps.base import LatentPredictor
from gpvae_tf.types import Gaussian

ID_COLUMN = 1  # of the inputs, which holds the object's id


class ObjectAverage(LatentPredictor):
    """The average of independent draws z_i ~ q(z_i), one for each of an object's images i = 1, ..., n_o:

        z_o = 1/n_o sum_i z_i,  E[z_o] = 1/n_o sum_i E[z_i],  Var[z_o] = 1/n_o^2 sum_i Var[z_i].

    The conditional generation of CVAE in ratschlab/SVGP-VAE (`predict_CVAE`). All views of an object share z_o.

    Args:
      latents: marginals of the images' latents, [B, L, n].
      ids: the images' objects, numbers 0, 1, ..., [B, n].
      mask: boolean [B, n], True = observed, or None for all.
    """

    def __init__(self, latents: Gaussian, ids: tf.Tensor, mask: tf.Tensor | None = None):
        self._latents = latents.transposed()  # [B, n, L]
        ids = tf.cast(ids, tf.int32)
        self._ids = ids if mask is None else tf.where(mask, ids, -tf.ones_like(ids))  # segment sums drop negative ids

    def predict(self, x: tf.Tensor) -> Gaussian:
        """Means and variances [B, L, s] at inputs [B, s, D], of which only the id matters.

        Raises:
          ValueError: if an id has no image in the context; tf.errors.InvalidArgumentError in graph mode.
        """
        known, average = self._average(x)
        with tf.control_dependencies(_check_known(known, self._ids_of(x))):
            return Gaussian(*map(tf.identity, average))

    def predict_or_prior(self, x: tf.Tensor) -> Gaussian:
        """Means and variances as `predict` gives them, N(0, 1) for an object without an image."""
        known, (mean, variance) = self._average(x)
        known = known[..., tf.newaxis, :]
        return Gaussian(tf.where(known, mean, tf.zeros_like(mean)), tf.where(known, variance, tf.ones_like(variance)))

    def _average(self, x: tf.Tensor) -> tuple[tf.Tensor, Gaussian]:
        """Whether the object has an image, boolean [B, s], and the average [B, L, s] of those that it has."""
        ids, in_order = self._ids_of(x), tf.sort(self._ids, axis=-1)
        size = tf.shape(in_order)[-1]  # segments per data set, one for every place in the order
        offset = size * tf.range(tf.shape(ids)[0])[:, tf.newaxis]
        place = lambda numbers: tf.minimum(tf.searchsorted(in_order, numbers), size - 1)
        segments = tf.where(self._ids < 0, self._ids, place(self._ids) + offset)
        num_segments = size * tf.shape(ids)[0]
        counts = tf.math.unsorted_segment_sum(tf.ones_like(segments), segments, num_segments)
        found, asked = tf.gather(in_order, place(ids), axis=-1, batch_dims=1), place(ids) + offset
        mean, variance = (
            tf.gather(tf.math.unsorted_segment_mean(part, segments, num_segments), asked) for part in self._latents
        )
        counted = tf.cast(tf.maximum(tf.gather(counts, asked), 1), variance.dtype)[..., tf.newaxis]
        return (ids >= 0) & (found == ids), Gaussian(mean, variance / counted).transposed()

    def predict_joint(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        mean, variance = self.predict(x)
        ids = self._ids_of(x)
        same = tf.cast(ids[..., :, tf.newaxis] == ids[..., tf.newaxis, :], variance.dtype)  # [B, s, s]
        return mean, same[..., tf.newaxis, :, :] * variance[..., tf.newaxis, :]

    def _ids_of(self, x: tf.Tensor) -> tf.Tensor:
        return tf.cast(x[..., ID_COLUMN], tf.int32)


def _check_known(known: tf.Tensor, ids: tf.Tensor) -> Sequence[tf.Operation]:
    """Raises if an id has no image; in graph mode, returns the operations that will."""
    message = "inputs asks for objects without an image in the context"
    if not tf.executing_eagerly():
        return [tf.debugging.Assert(tf.reduce_all(known), [message, ids])]
    unknown = sorted(set(tf.boolean_mask(ids, ~known).numpy().tolist()))
    if unknown:
        text = ", ".join(map(str, unknown[:8])) + (", ..." if len(unknown) > 8 else "")
        raise ValueError(f"{message}: ids {text}")
    return []
