"""The check of prediction inputs against the context: shapes, and eagerly values."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from gpvae_tf.embeddings import Embedding
from gpvae_tf.models.trainer.input_checks import check_inputs


def as_tensor(inputs: Any) -> tf.Tensor:
    """Inputs as a tensor; Python's numbers in float64, as in NumPy, where TensorFlow would round them to float32."""
    return tf.convert_to_tensor(inputs if tf.is_tensor(inputs) else np.asarray(inputs))


class InputSpec(NamedTuple):
    """What inputs [*lead, s, D] have to be.

    Attributes:
      lead: leading axes, (B,) for a context of B data sets; None stands for any size.
      num_columns: D, or None for any.
      like_data: whether they are such inputs as the data have, without an object's vector in the place of its id.
    """

    lead: tuple[int | None, ...]
    num_columns: int | None
    like_data: bool = True

    def check(self, inputs: Any) -> None:
        """Refuses inputs of other data sets or columns, which would broadcast, and, eagerly, what `fit` refuses.

        Raises:
          ValueError: naming what came and what was expected; see also `input_checks.check_inputs`.
        """
        inputs, expected = as_tensor(inputs), (*self.lead, None, self.num_columns)
        if inputs.shape.is_compatible_with(expected):
            if self.like_data and tf.executing_eagerly():
                check_inputs(inputs.numpy())
            return
        sizes = [*map(str, self.lead), "s", "D" if self.num_columns is None else str(self.num_columns)]
        raise ValueError(
            f"inputs has shape {tuple(inputs.shape)}; expected [{', '.join(sizes)}]: the context's data sets, and "
            "inputs of as many columns as the model takes, on an axis of their own"
        )


class ShapeRecorder:
    """Batches that are passed on, while the shapes of their inputs are recorded.

    Args:
      batches: anything that gives batches.
    """

    def __init__(self, batches: Iterable[Mapping[str, tf.Tensor]]):
        self._batches, self._shapes = batches, list[tuple[int | None, ...]]()

    def __iter__(self) -> Iterator[Mapping[str, tf.Tensor]]:
        for batch in self._batches:
            inputs = batch["inputs"]
            self._shapes.append(tuple(getattr(inputs, "shape", None) or np.shape(inputs)))
            yield batch

    def input_spec(self, batches_add: str, embedding: Embedding | None) -> InputSpec:
        """What inputs have to be to fit the batches that passed.

        Args:
          batches_add: what a further batch adds, "points" or "data sets".
          embedding: what the inputs go through, or None.
        """
        *lead, _, columns = self._shapes[0]
        if batches_add == "data sets" and len(self._shapes) > 1:
            sizes = [shape[0] for shape in self._shapes]
            lead[0] = None if None in sizes else sum(size for size in sizes if size is not None)
        num_columns = columns if embedding is None else embedding.query_columns(columns)
        return InputSpec(tuple(lead), num_columns, like_data=num_columns == columns)
