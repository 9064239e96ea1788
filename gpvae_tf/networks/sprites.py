"""Networks of SPRITES (SVGP-VAE Section 4.3 and code): images whose sides are multiples of 8, in colour.

At 64 x 64 pixels and L = 64 the encoder has 143,248 parameters, the decoder 80,915.
"""

from gpvae_tf._keras import keras
from gpvae_tf.networks.layers import UpsampledConv2D, output_dtype

ImageShape = tuple[int, int, int]
FILTERS = 16


def sprites_encoder(latent_dim: int = 64, event_shape: ImageShape = (64, 64, 3), *, policy: str = "float32"):
    """Images [N, H, W, C] -> [N, 2L]: three pairs of 3 x 3 convolutions of stride 1 and 2 (64-32-16-8), ELU, linear."""
    _check(event_shape)
    layers = [keras.layers.InputLayer(event_shape, dtype=output_dtype(policy))]
    for stride in (1, 2) * 3:
        layers.append(_convolution(keras.layers.Conv2D, policy, kernel_size=3, strides=stride))
    layers += [keras.layers.Flatten(dtype=policy), keras.layers.Dense(2 * latent_dim, dtype=output_dtype(policy))]
    return keras.Sequential(layers, name="sprites_encoder")


def sprites_decoder(latent_dim: int = 64, event_shape: ImageShape = (64, 64, 3), *, policy: str = "float32"):
    """Latents [N, L] -> images [N, H, W, C]: linear, three times upsampling and two 3 x 3 convolutions, a last one.

    ELU throughout, on the output too, so pixels lie in (-1, inf) under a Gaussian likelihood.
    """
    height, width, channels = _check(event_shape)
    layers = [
        keras.layers.InputLayer((latent_dim,), dtype=output_dtype(policy)),
        keras.layers.Dense(height // 8 * (width // 8) * FILTERS, dtype=policy),
        keras.layers.Reshape((height // 8, width // 8, FILTERS), dtype=policy),
    ]
    for _ in range(3):
        layers.append(_convolution(UpsampledConv2D, policy))
        layers.append(_convolution(keras.layers.Conv2D, policy, kernel_size=3))
    last = dict(activation="elu", padding="same", dtype=output_dtype(policy))
    layers.append(keras.layers.Conv2D(channels, 3, **last))
    return keras.Sequential(layers, name="sprites_decoder")


def sprites_representation_network(
    vector_dim: int = 16, event_shape: ImageShape = (64, 64, 3), *, policy: str = "float32"
):
    """r: images [N, H, W, C] -> [N, M]: three 2 x 2 convolutions of stride 2, ELU, and the mean over pixels.

    The mean over an object's images is its vector (`embeddings.AmortizedObjects`). 2,288 parameters at M = 16.
    """
    layers = [keras.layers.InputLayer(event_shape, dtype=output_dtype(policy))]
    for _ in range(3):
        layers.append(_convolution(keras.layers.Conv2D, policy, filters=vector_dim, kernel_size=2, strides=2))
    layers.append(keras.layers.GlobalAveragePooling2D(dtype=output_dtype(policy)))
    return keras.Sequential(layers, name="representation_network")


def _convolution(kind: type, policy: str, *, filters: int = FILTERS, **options) -> keras.layers.Layer:
    return kind(filters=filters, padding="same", activation="elu", dtype=policy, **options)


def _check(event_shape: ImageShape) -> ImageShape:
    if len(event_shape) != 3 or any(side % 8 or not side for side in event_shape[:2]):
        raise ValueError(f"event_shape must be (H, W, C) with H and W multiples of 8, got {tuple(event_shape)}")
    return event_shape
