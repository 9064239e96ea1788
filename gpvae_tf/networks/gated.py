"""Gated multilayer perceptrons (Dauphin et al., 2017): the networks of CP-VAE and of the VampPrior's baselines.

Every network has two hidden layers, of 300 units unless told otherwise. Encoders return [N, 2L], means and then log
variances clipped to [-6, 2]; decoders return logits [N, H, W, C]. Hidden layers follow `policy`, the last layer is
never in half precision (`output_dtype`).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from gpvae_tf._keras import keras
from gpvae_tf.networks.layers import output_dtype

UNITS = 300
LOG_VARIANCE_RANGE = (-6.0, 2.0)
Initializers = tuple[keras.initializers.Initializer | str, keras.initializers.Initializer | str]


def _glorot(fan_in: int) -> Initializers:
    return "glorot_uniform", "zeros"


def _he(fan_in: int) -> Initializers:
    """Weights N(0, 2 / fan_in), biases PyTorch's U(-fan_in^-1/2, fan_in^-1/2)."""
    weights = keras.initializers.VarianceScaling(2.0, "fan_in", "untruncated_normal")
    return weights, keras.initializers.RandomUniform(-(fan_in**-0.5), fan_in**-0.5)


# CP-VAE's paper has Glorot's initialisation, its code and vae_vampprior's have He's.
INITIALIZERS: Mapping[str, Callable[[int], Initializers]] = MappingProxyType({"glorot": _glorot, "he": _he})


def dense(units: int, fan_in: int, *, init: str, policy: str) -> keras.layers.Dense:
    """A linear layer with one of `INITIALIZERS`, which depend on the number of its inputs.

    Raises:
      ValueError: on an unknown initialisation.
    """
    if init not in INITIALIZERS:
        raise ValueError(f"init must be one of {', '.join(INITIALIZERS)}, got {init!r}")
    kernel, bias = INITIALIZERS[init](fan_in)
    return keras.layers.Dense(units, kernel_initializer=kernel, bias_initializer=bias, dtype=policy)


def gated(inputs, units: int, *, init: str, policy: str):
    """(W x + b) * sigmoid(V x + c) of a symbolic tensor [N, fan_in]."""
    fan_in = inputs.shape[-1]
    values, gates = (dense(units, fan_in, init=init, policy=policy)(inputs) for _ in range(2))
    return keras.layers.Multiply(dtype=policy)([values, keras.layers.Activation("sigmoid", dtype=policy)(gates)])


def clip_log_variance(value):
    """Clips log variances to [-6, 2], beyond which there is no gradient (the code's hard tanh)."""
    return keras.backend.clip(value, *LOG_VARIANCE_RANGE)


def _gaussian(features, latent_dim: int, *, init: str, policy: str):
    """Means and clipped log variances [N, 2L], two linear layers."""
    mean, raw = (
        dense(latent_dim, features.shape[-1], init=init, policy=output_dtype(policy))(features) for _ in range(2)
    )
    log_variance = keras.layers.Lambda(clip_log_variance, dtype=output_dtype(policy))(raw)
    return keras.layers.Concatenate(dtype=output_dtype(policy))([mean, log_variance])


def _pixels(image_shape: tuple[int, int, int], policy: str):
    images = keras.Input(image_shape, dtype=output_dtype(policy))
    return images, keras.layers.Flatten(dtype=policy)(images)


def _logits(features, image_shape: tuple[int, int, int], *, init: str, policy: str):
    size = image_shape[0] * image_shape[1] * image_shape[2]
    flat = dense(size, features.shape[-1], init=init, policy=output_dtype(policy))(features)
    return keras.layers.Reshape(image_shape, dtype=output_dtype(policy))(flat)


def _gated_twice(inputs, units: int, *, init: str, policy: str):
    """Puts two gated layers one after the other."""
    return gated(gated(inputs, units, init=init, policy=policy), units, init=init, policy=policy)


def gated_features(
    image_shape: tuple[int, int, int] = (28, 28, 1),
    *,
    units: int = UNITS,
    init: str = "glorot",
    policy: str = "float32",
) -> keras.Model:
    """Pixels - units gated - units gated: what CP-VAE's heads read, [N, units]."""
    images, pixels = _pixels(image_shape, policy)
    return keras.Model(images, _gated_twice(pixels, units, init=init, policy=policy), name="gated_features")


def gated_encoder(
    image_shape: tuple[int, int, int] = (28, 28, 1),
    latent_dim: int = 40,
    *,
    units: int = UNITS,
    init: str = "glorot",
    policy: str = "float32",
) -> keras.Model:
    """Pixels - units gated - units gated - 2L; with the decoder 1,116,864 parameters for MNIST at L = 40."""
    features = gated_features(image_shape, units=units, init=init, policy=policy)
    output = _gaussian(features.output, latent_dim, init=init, policy=policy)
    return keras.Model(features.input, output, name="gated_encoder")


def gated_decoder(
    image_shape: tuple[int, int, int] = (28, 28, 1),
    latent_dim: int = 40,
    *,
    units: int = UNITS,
    init: str = "glorot",
    policy: str = "float32",
) -> keras.Model:
    """L - units gated - units gated - pixel logits; CP-VAE's has L = D + K, the latents [z, c]."""
    latents = keras.Input((latent_dim,), dtype=output_dtype(policy))
    hidden = _gated_twice(latents, units, init=init, policy=policy)
    return keras.Model(latents, _logits(hidden, image_shape, init=init, policy=policy), name="gated_decoder")


def gated_second_encoder(
    image_shape: tuple[int, int, int] = (28, 28, 1),
    latent_dim: int = 40,
    top_dim: int = 40,
    *,
    units: int = UNITS,
    init: str = "glorot",
    policy: str = "float32",
) -> keras.Model:
    """q(z_1 | x, z_2): images and z_2, each - units gated, together - units gated - 2L."""
    images, pixels = _pixels(image_shape, policy)
    top = keras.Input((top_dim,), dtype=output_dtype(policy))
    hidden = _joined([pixels, top], units, init=init, policy=policy)
    output = _gaussian(hidden, latent_dim, init=init, policy=policy)
    return keras.Model([images, top], output, name="gated_second_encoder")


def gated_conditional(
    latent_dim: int = 40, top_dim: int = 40, *, units: int = UNITS, init: str = "glorot", policy: str = "float32"
) -> keras.Model:
    """p(z_1 | z_2): z_2 - units gated - units gated - 2L."""
    top = keras.Input((top_dim,), dtype=output_dtype(policy))
    hidden = _gated_twice(top, units, init=init, policy=policy)
    return keras.Model(top, _gaussian(hidden, latent_dim, init=init, policy=policy), name="gated_conditional")


def gated_two_level_decoder(
    image_shape: tuple[int, int, int] = (28, 28, 1),
    latent_dim: int = 40,
    top_dim: int = 40,
    *,
    units: int = UNITS,
    init: str = "glorot",
    policy: str = "float32",
) -> keras.Model:
    """p(x | z_1, z_2) from latents [z_1, z_2]: each - units gated, together - units gated - pixel logits."""
    latents = keras.Input((latent_dim + top_dim,), dtype=output_dtype(policy))
    first = keras.layers.Lambda(lambda both: both[:, :latent_dim], dtype=output_dtype(policy))(latents)
    top = keras.layers.Lambda(lambda both: both[:, latent_dim:], dtype=output_dtype(policy))(latents)
    hidden = _joined([first, top], units, init=init, policy=policy)
    return keras.Model(latents, _logits(hidden, image_shape, init=init, policy=policy), name="gated_two_level_decoder")


def _joined(inputs: list, units: int, *, init: str, policy: str):
    """Gives each input a gated layer of its own, joins the results and puts one more gated layer on them."""
    parts = [gated(part, units, init=init, policy=policy) for part in inputs]
    return gated(keras.layers.Concatenate(dtype=policy)(parts), units, init=init, policy=policy)
