"""Every family on one small nonlinear model: 4 x 3 images, 2 latents, networks of a few units."""

import math
from collections.abc import Callable

import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.models.image_vae import ImageVAE
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


def network(outputs: int, dtype: str = "float32") -> keras.Sequential:
    """Images -> 6 tanh units -> outputs."""
    layers = [
        keras.layers.InputLayer(IMAGE_SHAPE, dtype=dtype),
        keras.layers.Flatten(dtype=dtype),
        keras.layers.Dense(6, "tanh", dtype=dtype),
        keras.layers.Dense(outputs, dtype=dtype),
    ]
    return keras.Sequential(layers)


def decoder(dtype: str = "float32") -> keras.Sequential:
    """Latents -> 7 ReLU - 8 leaky ReLU units -> pixels."""
    layers = [
        keras.layers.InputLayer((LATENT_DIM,), dtype=dtype),
        keras.layers.Dense(7, "relu", dtype=dtype),
        keras.layers.Dense(8, dtype=dtype, bias_initializer="random_normal"),
        keras.layers.LeakyReLU(0.1, dtype=dtype),
        keras.layers.Dense(math.prod(IMAGE_SHAPE), dtype=dtype, bias_initializer="random_normal"),
        keras.layers.Reshape(IMAGE_SHAPE, dtype=dtype),
    ]
    return keras.Sequential(layers)


def networks(count: int, outputs: int) -> list[keras.Sequential]:
    """So many networks with so many outputs."""
    return [network(outputs) for _ in range(count)]


FAMILIES: dict[str, Callable[[], Posterior]] = {
    "mean_field": lambda: MeanField(network(4), LATENT_DIM),
    "gp_encoder": lambda: GPEncoder(network(4), network(5), network(5), LATENT_DIM, 5),
    "householder": lambda: HouseholderFlow(network(6), LATENT_DIM, num_flows=3),
    "iaf": lambda: IAF(network(4 + 3), LATENT_DIM, num_flows=3, context_dim=3, hidden_units=(8, 8)),
    "mixture": lambda: Mixture(networks(3, 4), network(3), LATENT_DIM),
    "recursive_mixture": lambda: RecursiveMixture(networks(3, 4), networks(2, 1), LATENT_DIM),
    "semi_amortized": lambda: SemiAmortized(network(4), LATENT_DIM, num_steps=2, momentum=0.5),
    "laplace_dense": lambda: Laplace(network(2), LATENT_DIM, num_steps=2),
    "laplace_forward": lambda: Laplace(network(2), LATENT_DIM, num_steps=2, jacobian="forward"),
}


def model_of(posterior: Posterior, **options) -> ImageVAE:
    """A model with that posterior and a Gaussian likelihood of variance 2."""
    options = dict(event_shape=IMAGE_SHAPE, likelihood=GaussianLikelihood(2.0), num_data=100) | options
    return ImageVAE(posterior, options.pop("decoder", None) or decoder(), **options)


def images_of(rng, num: int) -> tf.Tensor:
    """Standard normal images, float32."""
    return tf.constant(rng.normal(size=(num, *IMAGE_SHAPE)), tf.float32)
