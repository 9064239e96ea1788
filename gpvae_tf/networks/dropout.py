"""Multilayer perceptrons with dropout: the networks of the nonparametric VAE (Bodin et al., 2017).

Two hidden layers of 500 units. "A drop-out probability of 0.9" is the probability to keep a unit, as TensorFlow 1's
`tf.nn.dropout` counts it; at a rate of 0.9 fifty of 500 units would be left. Activations and initialisation are not in
the paper; they are those of the public VAE with the same settings (hwalsuklee/tensorflow-mnist-VAE).
"""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.checks import check_fraction
from gpvae_tf.networks.layers import output_dtype
from gpvae_tf.replicas import draws
from gpvae_tf.saving import Configurable

UNITS, RATE = 500, 0.1
ENCODER_ACTIVATIONS, DECODER_ACTIVATIONS = ("elu", "tanh"), ("tanh", "elu")
LEAST_DEVIATION = 1e-6


class DropoutMLP(Configurable, tf.Module):
    """Dense layers, with dropout behind every hidden activation when a seed is given.

    Args:
      input_shape: shape of one input, which is flattened.
      units: units of the hidden layers.
      activations: Keras activations, one for each hidden layer.
      outputs: length of the linear output layer.
      rate: share of units dropped, in [0, 1).
      finish: function applied to the linear output; the identity by default.
      policy: Keras dtype policy of the hidden layers.

    Raises:
      ValueError: if the rate is outside [0, 1) or activations and units differ in number.
    """

    def __init__(
        self,
        input_shape: Sequence[int],
        units: Sequence[int],
        activations: Sequence[str],
        outputs: int,
        *,
        rate: float = RATE,
        finish: Callable[[tf.Tensor], tf.Tensor] = tf.identity,
        policy: str = "float32",
        name: str,
    ):
        super().__init__(name=name)
        if len(units) != len(activations):
            raise ValueError(f"activations has {len(activations)} entries; expected {len(units)}, one per hidden layer")
        self.rate, self._finish = check_fraction("rate", rate), finish
        self._size = math.prod(input_shape)
        self.layers, size = [], self._size
        policies = [*len(units) * [policy], output_dtype(policy)]
        for width, activation, dtype in zip((*units, outputs), (*activations, None), policies, strict=True):
            layer = keras.layers.Dense(width, activation=activation, kernel_initializer="he_normal", dtype=dtype)
            layer.build([None, size])
            self.layers.append(layer)
            size = width

    def __call__(self, inputs: tf.Tensor, dropout_seed: tf.Tensor | None = None) -> tf.Tensor:
        """The output for inputs [N, ...]; with a stateless seed [2], hidden units are dropped."""
        hidden = tf.reshape(inputs, [-1, self._size])
        for number, layer in enumerate(self.layers[:-1]):
            hidden = layer(hidden)
            if dropout_seed is not None and self.rate > 0.0:
                seed = tf.random.fold_in(dropout_seed, number)
                hidden = draws.dropout(hidden, self.rate, seed)
        return self._finish(self.layers[-1](hidden))


class MeanAndLogVariance(Configurable):
    """Turns outputs [N, 2L] into means and log variances, deviations being 10^-6 + softplus of the second half."""

    def __call__(self, output: tf.Tensor) -> tf.Tensor:
        """Means and log variances [N, 2L]."""
        mean, raw = tf.split(output, 2, axis=-1)
        return tf.concat([mean, 2.0 * tf.math.log(LEAST_DEVIATION + tf.nn.softplus(raw))], axis=-1)


class Shaped(Configurable):
    """Turns flat outputs into observations of a shape.

    Args:
      event_shape: the shape of one.
    """

    def __init__(self, event_shape: Sequence[int]):
        self.event_shape = tuple(event_shape)

    def __call__(self, output: tf.Tensor) -> tf.Tensor:
        """Observations [N, *event]."""
        return tf.reshape(output, [-1, *self.event_shape])


@dataclasses.dataclass(frozen=True)
class DropoutNetworks:
    """The builder of all networks for images of one shape.

    Attributes:
      event_shape: (H, W, C).
      units: units of both hidden layers.
      rate: share of units dropped.
      policy: Keras dtype policy of the hidden layers.
    """

    event_shape: tuple[int, int, int] = (28, 28, 1)
    units: int = UNITS
    rate: float = RATE
    policy: str = "float32"

    def encoder(self, latent_dim: int = 500) -> DropoutMLP:
        """Pixels - units ELU - units tanh - 2L, deviations 10^-6 + softplus; 1,144,000 parameters at L = 500."""
        options = dict(finish=MeanAndLogVariance(), name="np_encoder")
        return self._mlp(self.event_shape, ENCODER_ACTIVATIONS, 2 * latent_dim, **options)

    def location_encoder(self, location_dim: int = 2) -> DropoutMLP:
        """Pixels - units ELU - units tanh - X; 644,002 parameters in two dimensions."""
        return self._mlp(self.event_shape, ENCODER_ACTIVATIONS, location_dim, name="np_location_encoder")

    def decoder(self, latent_dim: int = 500) -> DropoutMLP:
        """L - units tanh - units ELU - pixel logits; 893,784 parameters at L = 500."""
        options = dict(finish=Shaped(self.event_shape), name="np_decoder")
        return self._mlp((latent_dim,), DECODER_ACTIVATIONS, math.prod(self.event_shape), **options)

    def _mlp(self, input_shape: Sequence[int], activations: Sequence[str], outputs: int, **options: Any) -> DropoutMLP:
        options |= dict(rate=self.rate, policy=self.policy)
        return DropoutMLP(input_shape, 2 * [self.units], activations, outputs, **options)
