"""Encoders and decoders, one builder per table of a paper, named for the data they were made for.

An encoder maps images [N, H, W, C] to [N, 2L]: means, then log variances. A decoder maps latents [N, L] to
[N, H, W, C]. Hidden layers follow `policy` (float32, float64, mixed_bfloat16, mixed_float16); the last layer is never
in half precision.
"""

from gpvae_tf._keras import keras


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
