"""Every posterior family on the networks of Table 6 of Kim & Pavlovic (2021), as a step of inference to be timed.

A step is one compiled function from images to one draw of z and its log-density, which makes a flow run its maps and a
Laplace posterior factorise. Only the families that look at the decoder to infer z run it.
"""

import functools
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.likelihoods import Gaussian as GaussianLikelihood
from gpvae_tf.models.image_vae import ImageVAE
from gpvae_tf.networks_images import MNIST_AND_OMNIGLOT as NETWORKS
from gpvae_tf.posteriors import (
    IAF,
    GPEncoder,
    HouseholderFlow,
    Laplace,
    MeanField,
    Mixture,
    Posterior,
    RecursiveMixture,
    SemiAmortized,
)
from gpvae_tf.posteriors.random_weights import FullCovariance
from gpvae_tf.types import Gaussian

BASELINE, GP, LOOP = "VAE", "GPVAE", "GPVAE, loop over dimensions"
BATCH_SIZE, CONTEXT = 128, 64


def project_in_a_loop(features: tf.Tensor, mean: tf.Tensor, factor: tf.Tensor) -> Gaussian:
    """`gp.gp_encoder.project`, one latent dimension after the other."""
    means, variances = [], []
    for row, root in zip(tf.unstack(mean), tf.unstack(factor)):
        means.append(tf.linalg.matvec(features, row))
        variances.append(tf.reduce_sum(tf.math.square(tf.matmul(features, root)), axis=-1))
    return Gaussian(tf.stack(means, axis=-1), tf.stack(variances, axis=-1))


class LoopedCovariance(FullCovariance):
    """The same weights, projected in a loop."""

    def project(self, features: tf.Tensor) -> Gaussian:
        return project_in_a_loop(features, tf.cast(self.mean, features.dtype), self.factor(features.dtype))


def _gp(size: int) -> GPEncoder:
    return GPEncoder(NETWORKS.encoder(2 * size), NETWORKS.features(), NETWORKS.features(), size, NETWORKS.units)


def _looped(size: int) -> GPEncoder:
    posterior = _gp(size)
    posterior.weights = [LoopedCovariance(size, NETWORKS.units, 0.01) for _ in posterior.weights]
    return posterior


def _encoders(count: int, outputs: int) -> list[keras.Sequential]:
    return [NETWORKS.encoder(outputs) for _ in range(count)]


def _semi_amortized(count: int, size: int) -> Posterior:
    return SemiAmortized(NETWORKS.encoder(2 * size), size, num_steps=count)


def _iaf(count: int, size: int) -> Posterior:
    return IAF(NETWORKS.encoder(2 * size + CONTEXT), size, num_flows=count, context_dim=CONTEXT)


def _householder(count: int, size: int) -> Posterior:
    return HouseholderFlow(NETWORKS.encoder(3 * size), size, num_flows=count)


def _laplace(count: int, size: int) -> Posterior:
    return Laplace(NETWORKS.encoder(size), size, num_steps=count)


def _mixture(count: int, size: int) -> Posterior:
    return Mixture(_encoders(count, 2 * size), NETWORKS.encoder(count), size)


def _recursive_mixture(count: int, size: int) -> Posterior:
    return RecursiveMixture(_encoders(count, 2 * size), _encoders(count - 1, 1), size)


# Families that come in several sizes: flows, steps or components.
_COUNTED: list[tuple[str, Callable[[int, int], Posterior], tuple[int, ...]]] = [
    ("SA", _semi_amortized, (1, 2, 4, 8)),
    ("IAF", _iaf, (1, 2, 4, 8)),
    ("HF", _householder, (1, 2, 4, 8)),
    ("ME", _mixture, (5,)),
    ("RME", _recursive_mixture, (5,)),
    ("VLAE", _laplace, (1, 2, 4, 8)),
]
# By name, from the latent dimension.
FAMILIES: dict[str, Callable[[int], Posterior]] = {
    BASELINE: lambda size: MeanField(NETWORKS.encoder(2 * size), size),
    GP: _gp,
    LOOP: _looped,
    **{f"{name} ({n})": functools.partial(family, n) for name, family, counts in _COUNTED for n in counts},
}


def inference_step(posterior: Posterior, *, jit: bool = False) -> Callable[[], object]:
    """Draws z from q(z | y) of one batch, waited for."""
    decoder = (NETWORKS.dense_decoder if isinstance(posterior, Laplace) else NETWORKS.decoder)(posterior.latent_dim)
    likelihood = GaussianLikelihood(0.01)
    model = ImageVAE(posterior, decoder, image_shape=NETWORKS.image_shape, likelihood=likelihood, num_data=BATCH_SIZE)
    images = tf.constant(np.random.default_rng(0).random((BATCH_SIZE, *NETWORKS.image_shape), np.float32))
    draw = tf.function(lambda images, seed: model.condition(images, seed).sample(1, seed), jit_compile=jit)
    return lambda: [part.numpy() for part in draw(images, tf.constant([0, 1]))]
