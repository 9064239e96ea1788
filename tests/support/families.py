"""Every family on one small nonlinear model: 4 x 3 images, 2 latents, networks of a few units."""

import math
from collections.abc import Callable

import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.models.image_vae import ImageVAE
from gpvae_tf.networks import output_dtype
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

IMAGE_SHAPE, LATENT_DIM = (4, 3, 1), 2


def network(outputs: int, policy: str = "float32") -> keras.Sequential:
    """Images -> 6 tanh units -> outputs."""
    layers = [
        keras.layers.InputLayer(IMAGE_SHAPE, dtype=output_dtype(policy)),
        keras.layers.Flatten(dtype=policy),
        keras.layers.Dense(6, "tanh", dtype=policy),
        keras.layers.Dense(outputs, dtype=output_dtype(policy)),
    ]
    return keras.Sequential(layers)


def decoder(policy: str = "float32") -> keras.Sequential:
    """Latents -> 7 ReLU - 8 leaky ReLU units -> pixels."""
    last = output_dtype(policy)
    layers = [
        keras.layers.InputLayer((LATENT_DIM,), dtype=last),
        keras.layers.Dense(7, "relu", dtype=policy),
        keras.layers.Dense(8, dtype=policy, bias_initializer="random_normal"),
        keras.layers.LeakyReLU(0.1, dtype=policy),
        keras.layers.Dense(math.prod(IMAGE_SHAPE), dtype=last, bias_initializer="random_normal"),
        keras.layers.Reshape(IMAGE_SHAPE, dtype=last),
    ]
    return keras.Sequential(layers)


def networks(count: int, outputs: int, policy: str = "float32") -> list[keras.Sequential]:
    """So many networks with so many outputs."""
    return [network(outputs, policy) for _ in range(count)]


def _gp_encoder(policy: str = "float32") -> GPEncoder:
    return GPEncoder(network(4, policy), network(5, policy), network(5, policy), LATENT_DIM, 5)


def _iaf(policy: str = "float32") -> IAF:
    return IAF(network(4 + 3, policy), LATENT_DIM, num_flows=3, context_dim=3, hidden_units=(8, 8))


# Of a Keras dtype policy, float32 if none is given.
FAMILIES: dict[str, Callable[..., Posterior]] = {
    "mean_field": lambda *policy: MeanField(network(4, *policy), LATENT_DIM),
    "gp_encoder": _gp_encoder,
    "householder": lambda *policy: HouseholderFlow(network(6, *policy), LATENT_DIM, num_flows=3),
    "iaf": _iaf,
    "mixture": lambda *policy: Mixture(networks(3, 4, *policy), network(3, *policy), LATENT_DIM),
    "recursive_mixture": lambda *policy: RecursiveMixture(networks(3, 4, *policy), networks(2, 1, *policy), LATENT_DIM),
    "semi_amortized": lambda *policy: SemiAmortized(network(4, *policy), LATENT_DIM, num_steps=2, momentum=0.5),
    "laplace_dense": lambda *policy: Laplace(network(2, *policy), LATENT_DIM, num_steps=2),
    "laplace_forward": lambda *policy: Laplace(network(2, *policy), LATENT_DIM, num_steps=2, jacobian="forward"),
}


def model_of(posterior: Posterior, **options) -> ImageVAE:
    """A model with that posterior and a Gaussian likelihood of variance 2."""
    options = dict(event_shape=IMAGE_SHAPE, likelihood=GaussianLikelihood(2.0), num_data=100) | options
    return ImageVAE(posterior, options.pop("decoder", None) or decoder(), **options)


def images_of(rng, num: int) -> tf.Tensor:
    """Standard normal images, float32."""
    return tf.constant(rng.normal(size=(num, *IMAGE_SHAPE)), tf.float32)
