"""The first batch of a dataset, checked as it passes by: looking at it beforehand would move a shuffle on."""

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

Batch = Mapping[str, tf.Tensor]


class FirstBatchCheck:
    """A check of the first batch that comes out of a dataset, when it does.

    Args:
      check: eager function of a batch, which raises for one that will not do.

    Attributes:
      error: what it raised; TensorFlow makes another error of it on the way out of the dataset.
    """

    def __init__(self, check: Callable[[Batch], None]):
        self._check, self._is_done = check, False
        self.error: Exception | None = None

    def watched(self, dataset: tf.data.Dataset) -> tf.data.Dataset:
        """The dataset, element by element what it was."""
        return dataset.enumerate().map(self._passed)

    def _passed(self, number: tf.Tensor, batch: Any) -> Any:
        dense = {name: part for name, part in batch.items() if tf.is_tensor(part) and not _is_composite(part)}

        def look(*tensors: tf.Tensor) -> bool:
            self._look(dict(zip(dense, tensors)))
            return True

        is_first = tf.equal(number, 0)
        looked = tf.cond(is_first, lambda: tf.py_function(look, list(dense.values()), tf.bool), lambda: True)
        with tf.control_dependencies([looked]):
            return tf.nest.map_structure(tf.identity, batch, expand_composites=True)

    def _look(self, batch: Batch) -> None:
        if self._is_done:  # every epoch has a first batch
            return
        self._is_done = True
        try:
            self._check(batch)
        except Exception as error:
            self.error = error
            raise


def _is_composite(part: Any) -> bool:
    return isinstance(part, (tf.RaggedTensor, tf.SparseTensor))
