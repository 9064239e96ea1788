"""Test error of generated images: decoded posterior means, and decoded posterior draws as the authors report it.

Images are decoded in chunks, so that memory does not grow with the test set.
"""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from gpvae_tf.checks import at_least_one, check_shape
from gpvae_tf.models.latent_gp_vae import LatentGPVAE
from gpvae_tf.models.prediction.predictor import draw_marginals
from gpvae_tf.types import Gaussian

CHUNK_SIZE = 1024


def mean_squared_error(images: np.ndarray, predictions: np.ndarray) -> float:
    """Mean of (y - y^)^2 over images, pixels and channels (Table 1 of SVGP-VAE and of FGP-VAE); nothing is clipped.

    Raises:
      ValueError: if the shapes differ or there is no image.
    """
    images, predictions = np.asarray(images), np.asarray(predictions)
    if images.shape != predictions.shape or images.size == 0:
        raise ValueError(f"predictions has shape {predictions.shape}; expected that of images, {images.shape}")
    return float(np.mean(np.square(images - predictions), dtype=np.float64))


def decode(model: LatentGPVAE, latents: tf.Tensor, inputs: tf.Tensor, chunk_size: int = CHUNK_SIZE) -> np.ndarray:
    """E[y | z] of latents [..., L] at inputs [..., D], decoded a chunk at a time: images [..., H, W, C].

    Raises:
      ValueError: if chunk_size < 1 or there are no latents.
    """
    latents = tf.convert_to_tensor(latents)
    images = np.concatenate([chunk for _, chunk in _chunks(model, latents, inputs, chunk_size)])
    return images.reshape(*latents.shape[:-1], *images.shape[1:])


def generation_errors(
    model: LatentGPVAE,
    marginals: Gaussian,
    images: np.ndarray,
    inputs: tf.Tensor,
    *,
    seed: tf.Tensor,
    chunk_size: int = CHUNK_SIZE,
) -> dict[str, float]:
    """Per-pixel MSE of generated test images both ways; no more than a chunk of them exists at a time.

    Args:
      model: decodes latents.
      marginals: marginals of the test images' latents, [n, L] or [B, n, L], given the training images.
      images: [n, H, W, C] or [B, n, H, W, C], the test images.
      inputs: [n, D] or [B, n, D], where they are, for decoders that take it.
      seed: stateless seed [2] of the posterior draw.
      chunk_size: images decoded at once.

    Returns:
      "mse" of the decoded posterior means and "mse_sampled" of one decoded draw per image (what the papers report).

    Raises:
      ValueError: if a shape does not fit or chunk_size < 1.
    """
    images = np.asarray(images)
    check_shape("images", images, (*marginals.mean.shape[:-1], "H", "W", "C"))
    images = images.reshape(-1, *images.shape[-3:])
    latents = {"mse": marginals.mean, "mse_sampled": draw_marginals(marginals, seed, 1)[0]}
    return {name: _streamed_error(model, values, inputs, images, chunk_size) for name, values in latents.items()}


def _streamed_error(
    model: LatentGPVAE, latents: tf.Tensor, inputs: tf.Tensor, images: np.ndarray, chunk_size: int
) -> float:
    total = 0.0
    for rows, decoded in _chunks(model, latents, inputs, chunk_size):
        total += mean_squared_error(images[rows], decoded) * len(decoded)
    return total / len(images)


def _chunks(
    model: LatentGPVAE, latents: tf.Tensor, inputs: tf.Tensor, chunk_size: int
) -> Iterator[tuple[slice, np.ndarray]]:
    """Rows and decoded images of latents [..., L], flattened to [n, L]."""
    at_least_one("chunk_size", chunk_size)
    flat = tf.reshape(latents, [-1, latents.shape[-1]])
    flat_inputs = tf.reshape(inputs, [-1, inputs.shape[-1]])
    if len(flat) == 0:
        raise ValueError(f"latents has shape {tuple(latents.shape)}: there is nothing to decode")
    for start in range(0, len(flat), chunk_size):
        rows = slice(start, start + chunk_size)
        yield rows, model.decode(flat[rows], flat_inputs[rows]).numpy()
