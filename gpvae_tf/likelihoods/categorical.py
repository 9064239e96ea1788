"""The categorical likelihood, for observations that are one of K classes each."""

import tensorflow as tf

from gpvae_tf.checks import at_least_one
from gpvae_tf.likelihoods.base import Distribution, Likelihood, tfd


class CategoricalLikelihood(Likelihood):
    """p(y | z) = prod Categorical(y_j; softmax(output_j)); the decoder gives K logits per entry, [..., *event, K].

    Observations are class numbers 0, ..., K - 1. Mean and variance are those of the class number, which says something
    of ordered classes only; `probabilities` says all. Columns of classes in a table: `OneHotLikelihood`.

    Args:
      num_classes: K.

    Raises:
      ValueError: if it is below 1.
    """

    whole_numbers = True
    has_density = False

    def __init__(self, num_classes: int):
        super().__init__(name="categorical_likelihood")
        self.num_classes = at_least_one("num_classes", num_classes)
        self.support = (0.0, num_classes - 1.0)

    def output_shape(self, event_shape: tuple[int, ...]) -> tuple[int, ...]:
        return (*event_shape, self.num_classes)

    def probabilities(self, output: tf.Tensor) -> tf.Tensor:
        """p(y_j = k | z), [..., *event, K]."""
        return tf.nn.softmax(output)

    def entries(self, output: tf.Tensor) -> Distribution:
        return tfd.Categorical(logits=output, dtype=output.dtype)

    def mean(self, output: tf.Tensor) -> tf.Tensor:
        return tf.linalg.matvec(self.probabilities(output), self._classes(output))

    def variance(self, output: tf.Tensor) -> tf.Tensor:
        deviations = self._classes(output) - self.mean(output)[..., tf.newaxis]
        return tf.reduce_sum(self.probabilities(output) * tf.square(deviations), axis=-1)

    def _classes(self, output: tf.Tensor) -> tf.Tensor:
        return tf.range(self.num_classes, dtype=output.dtype)
