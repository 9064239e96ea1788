"""Every posterior family on the networks of Kim & Pavlovic (2021), as a step of inference to be timed.

A step is one compiled function from images to one draw of z and its log-density, which makes a flow run its maps and a
Laplace posterior factorise. Only the families that look at the decoder to infer z run it.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.experiments.gp_encoder.family_options import COUNTS, FamilyOptions
from gpvae_tf.experiments.gp_encoder.models import FAMILIES, NetworkSetting
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.models.image_vae import ImageVAE
from gpvae_tf.networks.images import ImageNetworks
from gpvae_tf.posteriors import Laplace, Posterior
from gpvae_tf.posteriors.random_weights import FullCovariance
from gpvae_tf.types import Gaussian

BASELINE, GP, LOOP = "VAE", "GP encoder", "GP encoder, loop over dimensions"
BATCH_SIZE = 128


def project_in_a_loop(features: tf.Tensor, mean: tf.Tensor, factor: tf.Tensor) -> Gaussian:
    """`gp.gp_encoder.project`, one latent dimension after the other."""
    means, variances = [], []
    for row, root in zip(tf.unstack(mean), tf.unstack(factor)):
        means.append(tf.linalg.matvec(features, row))
        variances.append(tf.reduce_sum(tf.math.square(tf.matmul(features, root)), axis=-1))
    return Gaussian(tf.stack(means, axis=-1), tf.stack(variances, axis=-1))


class LoopedCovariance(FullCovariance):
    """The GP encoder's weights with their full covariance, projected in a loop over the latent dimensions."""

    def project(self, features: tf.Tensor) -> Gaussian:
        return project_in_a_loop(features, tf.cast(self.mean, features.dtype), self.factor(features.dtype))


def _built(model: str, networks: ImageNetworks, size: int, **flags: Any) -> Posterior:
    return FAMILIES[model].build(NetworkSetting(networks, size, FamilyOptions(decoder="dense", **flags)))


def _sized(model: str, count: int) -> Callable[[ImageNetworks, int], Posterior]:
    """The builder of a family with so many steps, maps or components."""
    flags: dict[str, Any] = {COUNTS[model]: count}
    return functools.partial(_built, model, **flags)


def _looped(networks: ImageNetworks, size: int) -> Posterior:
    posterior = _built("GPENC", networks, size)
    posterior.weights = [LoopedCovariance(size, networks.units, 0.01) for _ in posterior.weights]
    return posterior


# The families that come in several sizes, with those that are timed.
_COUNTED = {
    "SA": (1, 2, 4, 8),
    "IAF": (1, 2, 4, 8),
    "HF": (1, 2, 4, 8),
    "ME": (5,),
    "RME": (5,),
    "VLAE": (1, 2, 4, 8),
}
# Every family by its name in the table, built from a data set's networks and the latent dimension.
TIMED: dict[str, Callable[[ImageNetworks, int], Posterior]] = {
    BASELINE: functools.partial(_built, BASELINE),
    GP: functools.partial(_built, "GPENC"),
    LOOP: _looped,
    **{f"{model} ({count})": _sized(model, count) for model, counts in _COUNTED.items() for count in counts},
}


def inference_step(posterior: Posterior, networks: ImageNetworks, *, jit: bool = False) -> Callable[[], object]:
    """A step that draws z from q(z | y) of one batch and waits for it."""
    decoder = (networks.dense_decoder if isinstance(posterior, Laplace) else networks.decoder)(posterior.latent_dim)
    likelihood = GaussianLikelihood(0.01)
    model = ImageVAE(posterior, decoder, event_shape=networks.event_shape, likelihood=likelihood, num_data=BATCH_SIZE)
    images = tf.constant(np.random.default_rng(0).random((BATCH_SIZE, *networks.event_shape), np.float32))
    draw = tf.function(lambda images, seed: model.encode(images, seed=seed).sample(1, seed), jit_compile=jit)
    return lambda: [part.numpy() for part in draw(images, tf.constant([0, 1]))]
