"""The low-dimensional embedding space X of a nonparametric VAE: images decoded from it, and grids, draws and lines."""

from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from gpvae_tf.checks import check_not_negative, check_shape
from gpvae_tf.models.latent_regression import LatentRegression, ReferenceLatents
from gpvae_tf.models.prediction.seeds import Seed, stateless_seed
from gpvae_tf.types import Batch

CHUNK_SIZE = 256


class EmbedsImages(Protocol):
    """The parts of a nonparametric VAE that its space X needs."""

    predictor: LatentRegression

    def embed(self, images: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        """Locations x [B, D] of images [B, H, W, C], of what a mask leaves of them."""

    def encode_batch(self, batch: Batch) -> Any:
        """q(z | y) of images [B, H, W, C], of what a mask leaves of them; it has a `mean`."""

    def decode(self, latents: tf.Tensor) -> tf.Tensor:
        """E[y | z] of latents [s, L]: images [s, H, W, C]."""


class EmbeddingSpace:
    """The space X of a nonparametric VAE, where latents are predicted from reference points.

    Args:
      model: the model.
      references: the reference points, locations and latent means of images such as those of the training set.
    """

    def __init__(self, model: EmbedsImages, references: ReferenceLatents):
        self.model, self.references = model, references

    @classmethod
    def of_images(
        cls,
        model: EmbedsImages,
        images: np.ndarray,
        num_anchors: int = 0,
        *,
        mask: np.ndarray | None = None,
        seed: int = 0,
    ) -> "EmbeddingSpace":
        """The space whose reference points are images [N, H, W, C], or some of them.

        Args:
          model: the model.
          images: the training set.
          num_anchors: how many of them, drawn without replacement and kept in order; 0 for all.
          mask: boolean of the images' shape, True = observed; None if nothing is missing.
          seed: seed of that draw.

        Raises:
          ValueError: if num_anchors is negative or above N, or the mask is of another shape.
        """
        if not 0 <= num_anchors <= len(images):
            raise ValueError(f"num_anchors must lie in 0, ..., {len(images)}, the number of images; got {num_anchors}")
        rows = np.sort(np.random.default_rng(seed).permutation(len(images))[: num_anchors or len(images)])
        batch = {"observations": np.asarray(images)}
        if mask is not None:
            check_shape("mask", mask, batch["observations"].shape)
            batch["mask"] = np.asarray(mask)
        kept = {name: _chunks(part[rows]) for name, part in batch.items()}
        chunks = [dict(zip(kept, parts)) for parts in zip(*kept.values(), strict=True)]
        parts = [(model.embed(*chunk.values()), model.encode_batch(chunk).mean) for chunk in chunks]
        return cls(model, ReferenceLatents(*(tf.concat(part, axis=0) for part in zip(*parts, strict=True))))

    def latents_at(self, x: tf.Tensor, exclude: tf.Tensor | None = None) -> tf.Tensor:
        """Predicted latents z~ [s, L] at locations x [s, D], `CHUNK_SIZE` of them at a time.

        Args:
          x: the locations.
          exclude: [s] int32, for each location the number of the reference point that it belongs to, which is left out
            as in training; -1 for none.
        """
        check_shape("x", x, ("s", self.references.x.shape[-1]))
        excluded = [None] * len(x) if exclude is None else _chunks(tf.convert_to_tensor(exclude))
        chunks = zip(_chunks(tf.convert_to_tensor(x)), excluded)
        predict = self.model.predictor.predict
        return tf.concat([predict(chunk, self.references, out) for chunk, out in chunks], axis=0)

    def images_at(self, x: tf.Tensor, exclude: tf.Tensor | None = None) -> tf.Tensor:
        """E[y | z~] at locations x [s, D]: images [s, H, W, C] (Figure 2c); `exclude` as in `latents_at`."""
        return self.model.decode(self.latents_at(x, exclude))

    def sample(self, num: int, seed: Seed, bandwidth: float | None = None) -> tf.Tensor:
        """`num` images decoded from `draws` of the reference points' density."""
        return self.images_at(draws(self.references.x, num, seed, bandwidth))

    def interpolate(self, first: tf.Tensor, second: tf.Tensor, num: int) -> tf.Tensor:
        """`num` images from one image [H, W, C] to another, on a line in X (Figure 4)."""
        return self.images_at(line(self.model.embed(tf.stack([first, second])), num))


def grid(x: tf.Tensor | np.ndarray, num: int) -> np.ndarray:
    """A regular grid over the box that holds embedded images x [n, 2].

    Returns:
      [num, num, 2] float32; rows go down in the second coordinate, columns go up in the first, as in a plot.

    Raises:
      ValueError: if X has not two dimensions or num < 2.
    """
    x = np.asarray(x)
    if x.ndim != 2 or x.shape[1] != 2 or num < 2:
        raise ValueError(f"x has shape {x.shape} and num is {num}; a grid needs x [n, 2] and num >= 2")
    low, high = x.min(axis=0), x.max(axis=0)
    columns, rows = np.linspace(low[0], high[0], num), np.linspace(high[1], low[1], num)
    return np.stack(np.meshgrid(columns, rows), axis=-1).astype(np.float32)


def draws(x: tf.Tensor | np.ndarray, num: int, seed: Seed, bandwidth: float | None = None) -> tf.Tensor:
    """`num` draws [num, D] from the empirical density of embedded images x [n, D].

    The paper samples "from the X space" and gives X no density. This is a Gaussian kernel density estimate: an image's
    location plus noise whose deviation is `bandwidth` times that of x in every dimension.

    Args:
      x: [n, D].
      num: draws.
      seed: a whole number, or a stateless seed [2].
      bandwidth: >= 0; Scott's n^(-1 / (D + 4)) if None, and 0 draws locations of images themselves.

    Raises:
      ValueError: if the bandwidth is negative.
    """
    x = tf.convert_to_tensor(x)
    size, dim = x.shape
    bandwidth = size ** (-1.0 / (dim + 4)) if bandwidth is None else bandwidth
    check_not_negative(bandwidth=bandwidth)
    which, noise = tf.unstack(tf.random.split(stateless_seed(seed)))
    picked = tf.gather(x, tf.random.stateless_uniform([num], which, maxval=size, dtype=tf.int32))
    spread = bandwidth * tf.math.reduce_std(x, axis=0)
    return picked + spread * tf.random.stateless_normal([num, dim], noise, dtype=x.dtype)


def line(ends: tf.Tensor, num: int) -> tf.Tensor:
    """`num` points [num, ...] from the first to the second of two ends [2, ...], both included, equally far apart.

    Raises:
      ValueError: if num < 2.
    """
    if num < 2:
        raise ValueError(f"num must be >= 2, got {num}")
    first, second = tf.unstack(tf.convert_to_tensor(ends))
    share = tf.reshape(tf.cast(tf.linspace(0.0, 1.0, num), first.dtype), [num] + [1] * first.shape.rank)
    return (1 - share) * first + share * second


def _chunks(rows: tf.Tensor | np.ndarray) -> list:
    return [rows[start : start + CHUNK_SIZE] for start in range(0, len(rows), CHUNK_SIZE)]
