"""Importance-weighted log-likelihood (Burda et al., 2016), for every posterior family and every prior.

The average over draws is streamed, so memory does not grow with their number, and it is taken in float64.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from gpvae_tf.checks import at_least_one
from gpvae_tf.evaluation.batched import BATCH_SIZE, OverImages
from gpvae_tf.models.image_vae import ImageVAE

CHUNK_SIZE = 10  # with batches of 128, 1,280 images are decoded at once


def streamed_log_mean_exp(
    draw: Callable[[int, tf.Tensor], tf.Tensor], num_samples: int, *, seed: tf.Tensor, chunk_size: int = CHUNK_SIZE
) -> tf.Tensor:
    """log 1/S sum_s exp(w_s) of log-weights w that are drawn a chunk at a time; only the log of the sum is kept.

    Args:
      draw: (number of draws c, stateless seed) -> log-weights [c, ...], nats.
      num_samples: S.
      seed: stateless seed [2], from which every chunk gets its own.
      chunk_size: draws at a time.

    Returns:
      [...], float64, nats.

    Raises:
      ValueError: if num_samples or chunk_size is below 1.
    """
    first = (at_least_one("num_samples", num_samples) - 1) % at_least_one("chunk_size", chunk_size) + 1

    def add(index: tf.Tensor, total: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        weights = tf.cast(draw(chunk_size, tf.random.fold_in(seed, index)), tf.float64)
        return index + 1, tf.reduce_logsumexp(tf.concat([total[tf.newaxis], weights], axis=0), axis=0)

    total = tf.reduce_logsumexp(tf.cast(draw(first, tf.random.fold_in(seed, 0)), tf.float64), axis=0)
    chunks = 1 + (num_samples - first) // chunk_size
    _, total = tf.while_loop(
        lambda index, _: index < chunks, add, (tf.constant(1), total), parallel_iterations=1, maximum_iterations=chunks
    )
    return total - tf.math.log(tf.cast(num_samples, tf.float64))


def importance_weighted(
    model: ImageVAE,
    images: tf.Tensor,
    *,
    num_samples: int,
    seed: tf.Tensor,
    mask: tf.Tensor | None = None,
    chunk_size: int = CHUNK_SIZE,
) -> tf.Tensor:
    """log 1/S sum_s p(y, z_s) / q(z_s | y), z_s ~ q(z | y), for a batch of images [B, H, W, C]; [B], float64, nats.

    A lower bound on log p(y) in expectation, tighter the larger S (GP encoder paper, Section 10, where S = 100).

    Args:
      model: the generative model with its posterior family; the encoder runs once.
      images: [B, H, W, C].
      num_samples: S.
      seed: stateless seed [2].
      mask: boolean [B, H, W, C], True = observed, for log p of what was observed; None for all.
      chunk_size: draws that are decoded at a time, for all images of the batch.

    Raises:
      ValueError: if num_samples or chunk_size is below 1 or the images have another shape.
    """
    inference_seed, draw_seed = tf.unstack(tf.random.split(seed))
    images, joint = model.joint_of({"observations": images, "mask": mask})
    q = model.posterior.condition(images, joint, inference_seed)

    def log_weights(size: int, seed: tf.Tensor) -> tf.Tensor:
        z, log_q = q.sample(size, seed)
        return tf.cast(joint.log_prob(images, z), tf.float64) - tf.cast(log_q, tf.float64)

    return streamed_log_mean_exp(log_weights, num_samples, seed=draw_seed, chunk_size=chunk_size)


def log_likelihoods(
    model: ImageVAE,
    images: np.ndarray,
    *,
    num_samples: int,
    mask: np.ndarray | None = None,
    estimate: Callable[..., tf.Tensor] = importance_weighted,
    seed: tuple[int, int] = (0, 0),
    batch_size: int = BATCH_SIZE,
    chunk_size: int = CHUNK_SIZE,
) -> np.ndarray:
    """log p(y) of a whole test set, a batch at a time, compiled.

    Args:
      model, num_samples, chunk_size: see `importance_weighted`.
      images: [N, H, W, C].
      mask: boolean [N, H, W, C], True = observed, for log p of what was observed; None for all.
      estimate: `importance_weighted`, or a function that takes the same arguments, such as
        `category_likelihood.enumerated_log_likelihood`.
      seed: two integers; the same seed, batch_size and chunk_size give the same numbers.
      batch_size: images at a time.

    Returns:
      [N], float64, nats; the paper's score is its mean.

    Raises:
      ValueError: if a count is below 1, there is no image, or the images have another shape or values that the
        likelihood cannot have.
    """

    def of_batch(batch: tf.Tensor, seed: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        return estimate(model, batch, num_samples=num_samples, seed=seed, mask=mask, chunk_size=chunk_size)

    return OverImages(of_batch, model)(images, mask=mask, batch_size=batch_size, seed=seed)
