"""Larger networks for rotated MNIST than the authors' (`networks.mnist_encoder`), with the same inputs and outputs.

The decoder is what limits the authors' error: 3,417 parameters, whose pixels end in an ELU. Here dense layers make a
7 x 7 map, which is doubled twice, and pixels end in a sigmoid, which cannot be driven to where it has no gradient.
"""

from gpvae_tf._keras import keras
from gpvae_tf.layers import DoubledConv2D


def _last(policy: str) -> str:
    return "float64" if policy == "float64" else "float32"


def wide_encoder(
    latent_dim: int = 16, *, conditions: int = 0, filters: int = 16, policy: str = "float32"
) -> keras.Model:
    """Images [N, 28, 28, 1 + conditions] -> [N, 2L]: three 3 x 3 convolutions of stride 2 (28-14-7-4), ELU, linear.

    Args:
      latent_dim: L.
      conditions: constant planes that follow the pixels as channels (CVAE).
      filters: of the first convolution; the next two have twice and four times as many.
      policy: precision of the hidden layers; see `gpvae_tf.networks`.
    """
    layers = [keras.layers.InputLayer((28, 28, 1 + conditions), dtype=_last(policy))]
    for times in (1, 2, 4):
        options = dict(strides=2, padding="same", activation="elu", dtype=policy)
        layers.append(keras.layers.Conv2D(times * filters, 3, **options))
    layers += [keras.layers.Flatten(dtype=policy), keras.layers.Dense(2 * latent_dim, dtype=_last(policy))]
    return keras.Sequential(layers, name="wide_encoder")


def wide_decoder(
    latent_dim: int = 16, *, conditions: int = 0, units: int = 256, filters: int = 16, policy: str = "float32"
) -> keras.Model:
    """Latents [N, L + conditions] -> images [N, 28, 28, 1]: dense, dense, two doubling 3 x 3 convolutions (7-14-28).

    Args:
      latent_dim: L.
      conditions: further entries of the input (CVAE).
      units: of the first layer.
      filters: of the first convolution; the 7 x 7 map has twice as many channels.
      policy: precision of the hidden layers; see `gpvae_tf.networks`.
    """
    channels = 2 * filters
    layers = [
        keras.layers.InputLayer((latent_dim + conditions,), dtype=_last(policy)),
        keras.layers.Dense(units, activation="elu", dtype=policy),
        keras.layers.Dense(7 * 7 * channels, activation="elu", dtype=policy),
        keras.layers.Reshape((7, 7, channels), dtype=policy),
        DoubledConv2D(filters, padding="same", activation="elu", dtype=policy),
        DoubledConv2D(1, padding="same", activation="sigmoid", dtype=_last(policy)),
    ]
    return keras.Sequential(layers, name="wide_decoder")
