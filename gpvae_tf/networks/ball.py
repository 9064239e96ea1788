"""The moving ball's encoder and decoder (SVGP-VAE, Section 4.1)."""

from gpvae_tf._keras import keras
from gpvae_tf.networks.layers import output_dtype


def _dense(units: int, policy: str, activation: str | None = None, fan_in: int = 1) -> keras.layers.Layer:
    """Weights truncated normal with standard deviation fan_in^-1/2, biases 0 (ratschlab/SVGP-VAE, VAE_utils.py)."""
    init = keras.initializers.TruncatedNormal(stddev=fan_in**-0.5)
    return keras.layers.Dense(units, activation=activation, kernel_initializer=init, dtype=policy)


def ball_encoder(
    event_shape: tuple[int, int, int] = (32, 32, 1), latent_dim: int = 2, *, units: int = 500, policy: str = "float32"
) -> keras.Model:
    """Moving-ball encoder: pixels - units tanh - 2L linear (SVGP-VAE code; Pearce, 2020)."""
    pixels = event_shape[0] * event_shape[1] * event_shape[2]
    layers = [
        keras.layers.InputLayer(event_shape, dtype=output_dtype(policy)),
        keras.layers.Flatten(dtype=policy),
        _dense(units, policy, "tanh", pixels),
        _dense(2 * latent_dim, output_dtype(policy), None, units),
    ]
    return keras.Sequential(layers, name="ball_encoder")


def ball_decoder(
    event_shape: tuple[int, int, int] = (32, 32, 1), latent_dim: int = 2, *, units: int = 500, policy: str = "float32"
) -> keras.Model:
    """Moving-ball decoder: L - units tanh - pixel logits."""
    pixels = event_shape[0] * event_shape[1] * event_shape[2]
    layers = [
        keras.layers.InputLayer((latent_dim,), dtype=output_dtype(policy)),
        _dense(units, policy, "tanh", latent_dim),
        _dense(pixels, output_dtype(policy), None, units),
        keras.layers.Reshape(event_shape, dtype=output_dtype(policy)),
    ]
    return keras.Sequential(layers, name="ball_decoder")
