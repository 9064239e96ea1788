"""Gated multilayer perceptrons (Dauphin et al., 2017): the networks of CP-VAE and of the VampPrior's baselines.

Every network has two hidden layers. Encoders return [N, 2L], means and then log variances clipped to [-6, 2]; decoders
return logits [N, H, W, C]. Hidden layers follow `policy`, the last layer is never in half precision (`output_dtype`).
"""

import dataclasses
import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from gpvae_tf._keras import keras
from gpvae_tf.checks import check_choice
from gpvae_tf.networks.layers import Entries, output_dtype

UNITS = 300
LOG_VARIANCE_RANGE = (-6.0, 2.0)
Initializers = tuple[keras.initializers.Initializer | str, keras.initializers.Initializer | str]


def _he(fan_in: int) -> Initializers:
    """Weights N(0, 2 / fan_in), biases PyTorch's U(-fan_in^-1/2, fan_in^-1/2)."""
    weights = keras.initializers.VarianceScaling(2.0, "fan_in", "untruncated_normal")
    return weights, keras.initializers.RandomUniform(-(fan_in**-0.5), fan_in**-0.5)


# CP-VAE's paper has Glorot's initialisation, its code and vae_vampprior's have He's.
INITIALIZERS: Mapping[str, Callable[[int], Initializers]] = MappingProxyType(
    {"glorot": lambda fan_in: ("glorot_uniform", "zeros"), "he": _he}
)


def dense(units: int, fan_in: int, *, init: str, policy: str) -> keras.layers.Dense:
    """A linear layer with one of `INITIALIZERS`, which depend on the number of its inputs.

    Raises:
      ValueError: on an unknown initialisation.
    """
    check_choice("init", init, INITIALIZERS)
    kernel, bias = INITIALIZERS[init](fan_in)
    return keras.layers.Dense(units, kernel_initializer=kernel, bias_initializer=bias, dtype=policy)


def clip_log_variance(value):
    """Clips log variances to [-6, 2], beyond which there is no gradient (the code's hard tanh)."""
    return keras.backend.clip(value, *LOG_VARIANCE_RANGE)


@keras.saving.register_keras_serializable(package="gpvae_tf")
class ClippedLogVariance(keras.layers.Layer):
    """`clip_log_variance` as a layer."""

    def call(self, inputs):
        """Log variances in [-6, 2]."""
        return clip_log_variance(inputs)


@dataclasses.dataclass(frozen=True)
class GatedNetworks:
    """The builder of all networks for images of one shape.

    Attributes:
      event_shape: (H, W, C).
      units: units of each hidden layer.
      init: one of `INITIALIZERS`.
      policy: Keras dtype policy of the hidden layers.
    """

    event_shape: tuple[int, int, int] = (28, 28, 1)
    units: int = UNITS
    init: str = "glorot"
    policy: str = "float32"

    def features(self) -> keras.Model:
        """Pixels - units gated - units gated: what CP-VAE's heads read, [N, units]."""
        images, pixels = self._pixels()
        return keras.Model(images, self._gated_twice(pixels), name="gated_features")

    def encoder(self, latent_dim: int = 40) -> keras.Model:
        """Pixels - units gated - units gated - 2L; with the decoder 1,116,864 parameters for MNIST at L = 40."""
        features = self.features()
        return keras.Model(features.input, self._gaussian(features.output, latent_dim), name="gated_encoder")

    def decoder(self, latent_dim: int = 40) -> keras.Model:
        """L - units gated - units gated - pixel logits; CP-VAE's has L = D + K, the latents [z, c]."""
        latents = self._input(latent_dim)
        return keras.Model(latents, self._logits(self._gated_twice(latents)), name="gated_decoder")

    def second_encoder(self, latent_dim: int = 40, top_dim: int = 40) -> keras.Model:
        """q(z_1 | x, z_2): images and z_2, each - units gated, together - units gated - 2L."""
        (images, pixels), top = self._pixels(), self._input(top_dim)
        output = self._gaussian(self._joined([pixels, top]), latent_dim)
        return keras.Model([images, top], output, name="gated_second_encoder")

    def conditional(self, latent_dim: int = 40, top_dim: int = 40) -> keras.Model:
        """p(z_1 | z_2): z_2 - units gated - units gated - 2L."""
        top = self._input(top_dim)
        return keras.Model(top, self._gaussian(self._gated_twice(top), latent_dim), name="gated_conditional")

    def two_level_decoder(self, latent_dim: int = 40, top_dim: int = 40) -> keras.Model:
        """p(x | z_1, z_2) from latents [z_1, z_2]: each - units gated, together - units gated - pixel logits."""
        latents = self._input(latent_dim + top_dim)
        first = Entries(0, latent_dim, dtype=self._outside)(latents)
        top = Entries(latent_dim, dtype=self._outside)(latents)
        return keras.Model(latents, self._logits(self._joined([first, top])), name="gated_two_level_decoder")

    @property
    def _outside(self) -> str:
        """dtype of inputs and outputs."""
        return output_dtype(self.policy)

    def _input(self, *shape: int) -> Any:
        return keras.Input(shape, dtype=self._outside)

    def _pixels(self) -> tuple[Any, Any]:
        images = self._input(*self.event_shape)
        return images, keras.layers.Flatten(dtype=self.policy)(images)

    def _gated(self, inputs) -> Any:
        """(W x + b) * sigmoid(V x + c) of a symbolic tensor [N, fan_in]."""
        options: dict[str, Any] = dict(init=self.init, policy=self.policy)
        values, gates = (dense(self.units, inputs.shape[-1], **options)(inputs) for _ in range(2))
        gates = keras.layers.Activation("sigmoid", dtype=self.policy)(gates)
        return keras.layers.Multiply(dtype=self.policy)([values, gates])

    def _gated_twice(self, inputs) -> Any:
        """Puts two gated layers one after the other."""
        return self._gated(self._gated(inputs))

    def _joined(self, inputs: list) -> Any:
        """Gives each input a gated layer of its own, joins the results and puts one more gated layer on them."""
        return self._gated(keras.layers.Concatenate(dtype=self.policy)([self._gated(part) for part in inputs]))

    def _last(self, features, units: int) -> Any:
        """A linear layer that is never in half precision."""
        return dense(units, features.shape[-1], init=self.init, policy=self._outside)(features)

    def _gaussian(self, features, latent_dim: int) -> Any:
        """Means and clipped log variances [N, 2L], two linear layers."""
        mean, raw = (self._last(features, latent_dim) for _ in range(2))
        log_variance = ClippedLogVariance(dtype=self._outside)(raw)
        return keras.layers.Concatenate(dtype=self._outside)([mean, log_variance])

    def _logits(self, features) -> Any:
        flat = self._last(features, math.prod(self.event_shape))
        return keras.layers.Reshape(self.event_shape, dtype=self._outside)(flat)
