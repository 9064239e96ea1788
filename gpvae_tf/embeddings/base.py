"""What a kernel sees in the place of a model's inputs."""

import abc

import numpy as np
import tensorflow as tf

from gpvae_tf.saving import Configurable


class Embedding(Configurable, tf.Module, abc.ABC):
    """What turns a model's inputs into the features that its kernel sees.

    Attributes:
      scaled_columns: how many of the first columns of inputs a model with a scaling scales; None for all.
    """

    scaled_columns: int | None = None

    @abc.abstractmethod
    def __call__(self, inputs: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
        """Features [..., n, F] in `dtype` of inputs [..., n, D] that stand for themselves, as in predictions."""

    def build(self, event_shape: tuple[int, ...]) -> None:  # noqa: B027 (most embeddings have no network)
        """Makes the variables of networks that see observations of this shape and have none yet."""

    def check(self, inputs: np.ndarray) -> None:  # noqa: B027 (most embeddings take any inputs)
        """Refuses inputs [..., n, D] of data that it has no features for.

        Raises:
          ValueError: naming what came and what was expected.
        """

    def query_columns(self, columns: int | None) -> tuple[int | None, ...]:
        """The numbers of columns that inputs may have at which predictions are made, given that of the data's."""
        return (columns,)

    def of_batch(
        self, inputs: tf.Tensor, observations: tf.Tensor, mask: tf.Tensor | None, dtype: tf.DType
    ) -> tf.Tensor:
        """Features of a batch's inputs, which may depend on its observations [..., n, *event] where the mask is."""
        return self(inputs, dtype)

    def queries_of_batch(self, inputs: tf.Tensor, observations: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
        """A batch's inputs as inputs that stand for themselves; see `of_batch`."""
        return inputs
