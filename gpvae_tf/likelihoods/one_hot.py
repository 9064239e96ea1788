"""The likelihood of classes that stand as one channel of 0 and 1 each, as columns of classes of a table do."""

from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.likelihoods.base import Distribution, Likelihood, tfd
from gpvae_tf.likelihoods.entry_distribution import EntryDistribution


class OneHotLikelihood(Likelihood):
    """p(y | z) = softmax(output)_k of a y whose channel k is 1 and whose others are 0: one of K classes in K channels.

    A class is all of its channels at once: they are observed, missing, and hidden together. The log probability of an
    entry is y_k log softmax(output)_k, and their sum over the channels is that of the class; means are probabilities of
    the classes. With other columns beside it, it is that of K channels of a `MixedLikelihood`. Where one channel holds
    numbers of classes, as in a map of segments, see `CategoricalLikelihood`.
    """

    support = (0.0, 1.0)
    whole_numbers = True
    has_density = False

    def __init__(self) -> None:
        super().__init__(name="one_hot_likelihood")

    def first_channels(self, num_channels: int) -> np.ndarray:
        return np.zeros(num_channels, int)

    def entries(self, output: tf.Tensor) -> Distribution:
        return _Entries(output)

    def check(self, observations: np.ndarray, mask: np.ndarray | None = None) -> None:
        """Refuses what is not a single 1 among zeros, and a class some of whose channels are missing."""
        super().check(observations, mask)
        values = np.asarray(observations)
        known = np.ones(values.shape, bool) if mask is None else np.asarray(mask)
        if (known.any(axis=-1) != known.all(axis=-1)).any():
            raise ValueError("observations has classes of which some channels are missing; all or none of them can be")
        number = values.sum(axis=-1)[known.all(axis=-1)]
        if (number != 1.0).any():
            first = number[number != 1.0][0]
            raise ValueError(
                f"observations has a class of which {first:g} channels are 1; OneHot needs a single one. Where a class "
                "is not known, or in padding, all of them are missing: a false mask, or NaN in what is scored"
            )


class _Entries(EntryDistribution):
    """The entries [..., K] of classes, from logits of that shape: log p = y_k log softmax_k, draws of whole classes."""

    def __init__(self, logits: tf.Tensor):
        super().__init__(logits, dict(locals()))

    def _batch_shape(self) -> tf.TensorShape:
        return self._output.shape

    def _batch_shape_tensor(self, **parameters: Any) -> tf.Tensor:
        return tf.shape(self._output)

    def _log_prob(self, value: tf.Tensor) -> tf.Tensor:
        return value * tf.nn.log_softmax(self._output)

    def _mean(self) -> tf.Tensor:
        return tf.nn.softmax(self._output)

    def _variance(self) -> tf.Tensor:
        return self._mean() * (1.0 - self._mean())

    def _sample_n(self, n: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return tfd.OneHotCategorical(logits=self._output, dtype=self.dtype).sample(n, seed=seed)
