"""What a latent GP is conditioned on: inputs, and what the encoder says of the latents there."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf


class LatentDataset(NamedTuple):
    """Inputs x with pseudo-observations y~ and noise variances s~ that the encoder made of the images (SVGP Sec. 3.2).

    Attributes:
      x: [..., n, D].
      y, noise_variance: [..., L, n].
      mask: boolean [..., n], True = observed, or None for all observed.
      coupling: [..., L, n], what lies above the diagonal of a banded precision's factor (`BandedGP`), or None.
      in_bound: boolean [..., n], the points whose likelihood the bound sums, where some of them are hidden from the
        posterior; None if they are those of the mask.
    """

    x: tf.Tensor
    y: tf.Tensor
    noise_variance: tf.Tensor
    mask: tf.Tensor | None = None
    coupling: tf.Tensor | None = None
    in_bound: tf.Tensor | None = None

    @property
    def channel_mask(self) -> tf.Tensor | None:
        """The mask with a channel axis, [..., 1, n]."""
        return None if self.mask is None else self.mask[..., tf.newaxis, :]

    def checked(self) -> "LatentDataset":
        """The data set itself, checked if executed eagerly; a compiled step of one that is not finite is skipped.

        Raises:
          ValueError: if y is not finite, or a noise variance not a positive number, where something was observed.
        """
        if not tf.executing_eagerly():
            return self
        seen = np.asarray(True if self.channel_mask is None else self.channel_mask)
        if bad := np.count_nonzero(~np.isfinite(self.y) & seen):
            raise ValueError(
                f"y has {bad} values that are not finite at observed points: NaN among the observations has to be "
                'masked, False there, which data.from_arrays(missing="nan") does; or the encoder has diverged'
            )
        noise = np.asarray(self.noise_variance)
        wrong = ~(np.isfinite(noise) & (noise > 0)) & seen
        if np.any(wrong):
            raise ValueError(
                f"noise_variance must be positive and finite at observed points; {np.count_nonzero(wrong)} are not, "
                f"such as {noise[wrong][0]}"
            )
        return self

    def never_empty(self) -> "LatentDataset":
        """The data set; in the place of one without points, one with a point at 0 where nothing was observed.

        Of a length that is not known yet, as in a SavedModel, that is decided when it is.
        """
        length = self.x.shape[-2]
        if length is not None and length > 0:
            return self
        num = [1] if length == 0 else tf.cast(tf.equal(tf.shape(self.x)[-2:-1], 0), tf.int32)
        lead, columns = tf.shape(self.x)[:-2], tf.shape(self.x)[-1:]
        x = tf.zeros(tf.concat([lead, num, columns], axis=0), self.x.dtype)
        y = tf.zeros(tf.concat([tf.shape(self.y)[:-1], num], axis=0), self.y.dtype)
        mask = tf.ones(tf.shape(self.x)[:-1], tf.bool) if self.mask is None else self.mask
        return LatentDataset(
            tf.concat([self.x, x], axis=-2),
            tf.concat([self.y, y], axis=-1),
            tf.concat([self.noise_variance, tf.ones_like(y)], axis=-1),
            tf.concat([mask, tf.zeros(tf.concat([lead, num], axis=0), tf.bool)], axis=-1),
        )

    @classmethod
    def concat(cls, parts: "Sequence[LatentDataset]", axis: str = "points") -> "LatentDataset":
        """One latent data set made of several.

        Args:
          parts: one or more; a part without a mask counts as observed if another has one.
          axis: "points" if the parts hold more points of the same data sets, [..., n_1 + n_2 + ..., D]; "data sets" if
            they hold other data sets of the same length, [B_1 + B_2 + ..., n, D].

        Raises:
          ValueError: if there is no part.
        """
        if not parts:
            raise ValueError("batches is empty: there is nothing to condition on")
        if len(parts) == 1:
            return parts[0]
        masks: Sequence[tf.Tensor | None] = [part.mask for part in parts]
        if any(mask is not None for mask in masks):
            masks = [tf.ones(tf.shape(p.x)[:-1], tf.bool) if p.mask is None else p.mask for p in parts]
        columns = zip(*((*part[:3], mask, part.coupling) for part, mask in zip(parts, masks)))
        axes = (-2, -1, -1, -1, -1) if axis == "points" else (0, 0, 0, 0, 0)
        return cls(*(None if column[0] is None else tf.concat(column, a) for column, a in zip(columns, axes)))
