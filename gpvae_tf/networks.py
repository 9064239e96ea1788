"""Encoders and decoders, one builder per table of a paper, named for the data they were made for.

An encoder maps images [N, H, W, C] to [N, 2L]: means, then log variances. A decoder maps latents [N, L] to
[N, H, W, C]. Hidden layers follow `policy` (float32, float64, mixed_bfloat16, mixed_float16); the last layer is never
in half precision.
"""

from gpvae_tf._keras import keras
from gpvae_tf.layers import DoubledConv2D


def _dense(units: int, policy: str, activation: str | None = None, fan_in: int = 1) -> keras.layers.Layer:
    """Weights truncated normal with standard deviation fan_in^-1/2, biases 0 (ratschlab/SVGP-VAE, VAE_utils.py)."""
    init = keras.initializers.TruncatedNormal(stddev=fan_in**-0.5)
    return keras.layers.Dense(units, activation=activation, kernel_initializer=init, dtype=policy)


def _last(policy: str) -> str:
    return "float64" if policy == "float64" else "float32"


def ball_encoder(
    image_shape: tuple[int, int, int] = (32, 32, 1), latent_dim: int = 2, *, units: int = 500, policy: str = "float32"
) -> keras.Model:
    """Moving-ball encoder: pixels - units tanh - 2L linear (SVGP-VAE code; Pearce, 2020)."""
    pixels = image_shape[0] * image_shape[1] * image_shape[2]
    layers = [
        keras.layers.InputLayer(image_shape, dtype=_last(policy)),
        keras.layers.Flatten(dtype=policy),
        _dense(units, policy, "tanh", pixels),
        _dense(2 * latent_dim, _last(policy), None, units),
    ]
    return keras.Sequential(layers, name="ball_encoder")


def ball_decoder(
    image_shape: tuple[int, int, int] = (32, 32, 1), latent_dim: int = 2, *, units: int = 500, policy: str = "float32"
) -> keras.Model:
    """Moving-ball decoder: L - units tanh - pixel logits."""
    pixels = image_shape[0] * image_shape[1] * image_shape[2]
    layers = [
        keras.layers.InputLayer((latent_dim,), dtype=_last(policy)),
        _dense(units, policy, "tanh", latent_dim),
        _dense(pixels, _last(policy), None, units),
        keras.layers.Reshape(image_shape, dtype=_last(policy)),
    ]
    return keras.Sequential(layers, name="ball_decoder")


def mnist_encoder(latent_dim: int = 16, *, conditions: int = 0, policy: str = "float32") -> keras.Model:
    """Rotated-MNIST encoder: three 3 x 3 convolutions of 8 filters and stride 2 (28-13-6-2), ELU, 2L linear.

    2,304 parameters at L = 16 (SVGP-VAE and FGP-VAE code). With `conditions` (CVAE), that many constant planes follow
    the pixels as channels, and their values join the features before the last layer.
    """
    inputs = keras.Input((28, 28, 1 + conditions), dtype=_last(policy))
    hidden = inputs
    for _ in range(3):
        hidden = keras.layers.Conv2D(8, 3, strides=2, activation="elu", dtype=policy)(hidden)
    hidden = keras.layers.Flatten(dtype=policy)(hidden)
    if conditions:
        values = keras.layers.Lambda(lambda planes: planes[:, 0, 0, 1:], dtype=_last(policy))(inputs)
        hidden = keras.layers.Concatenate(dtype=policy)([hidden, values])
    outputs = keras.layers.Dense(2 * latent_dim, dtype=_last(policy))(hidden)
    return keras.Model(inputs, outputs, name="mnist_encoder")


def mnist_decoder(latent_dim: int = 16, *, conditions: int = 0, policy: str = "float32") -> keras.Model:
    """Rotated-MNIST decoder: 128 linear, then three times nearest-neighbour doubling and 3 x 3 convolution (4-8-14-28).

    3,417 parameters at L = 16; ELU throughout, on the output too, so pixels lie in (-1, inf) under a Gaussian
    likelihood. With `conditions` (CVAE), the last entries of the input are also planes before the first convolution.
    """
    inputs = keras.Input((latent_dim + conditions,), dtype=_last(policy))
    hidden = keras.layers.Dense(128, dtype=policy)(inputs)
    hidden = keras.layers.Reshape((4, 4, 8), dtype=policy)(hidden)
    if conditions:
        values = keras.layers.Lambda(lambda latents: latents[:, latent_dim:], dtype=_last(policy))(inputs)
        planes = keras.layers.RepeatVector(16, dtype=policy)(values)
        planes = keras.layers.Reshape((4, 4, conditions), dtype=policy)(planes)
        hidden = keras.layers.Concatenate(dtype=policy)([hidden, planes])
    for filters, padding, of_layer in ((8, "same", policy), (8, "valid", policy), (1, "same", _last(policy))):
        hidden = DoubledConv2D(filters, padding=padding, activation="elu", dtype=of_layer)(hidden)
    return keras.Model(inputs, hidden, name="mnist_decoder")
