"""Distributions of entries that TFP does not have, as a likelihood's `entries` returns them."""

from typing import Any

import tensorflow as tf

from gpvae_tf.likelihoods.base import tfd


class EntryDistribution(tfd.Distribution):
    """The entries of observations, each a number; a subclass gives `_batch_shape`, that of the observations.

    Args:
      output: the decoder's.
      parameters: `dict(locals())` of the subclass's constructor, as TFP wants it.
    """

    def __init__(self, output: tf.Tensor, parameters: dict[str, Any]):
        super().__init__(
            dtype=output.dtype,
            reparameterization_type=tfd.NOT_REPARAMETERIZED,
            validate_args=False,
            allow_nan_stats=True,
            parameters=parameters,
        )
        self._output = output

    def _event_shape(self) -> tf.TensorShape:
        return tf.TensorShape([])

    def _event_shape_tensor(self) -> tf.Tensor:
        return tf.constant([], tf.int32)
