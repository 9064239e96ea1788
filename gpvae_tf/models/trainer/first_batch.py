"""The first batch of a dataset, checked as it passes by: looking at it beforehand would move a shuffle on."""

import contextlib
import re
import weakref
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from gpvae_tf.types import Batch


class FirstBatchCheck:
    """A check of the first batch that comes out of a dataset, when it does.

    Args:
      check: eager function of a batch, which raises for one that will not do.
      batch: that was checked already; None if the first one has to come out of a dataset.

    Attributes:
      batch: the first one, once it was seen.
    """

    def __init__(self, check: Callable[[Batch], None], batch: Batch | None = None):
        self._check, self._is_done, self.batch = check, batch is not None, batch
        self._error: Exception | None = None

    def watched(self, dataset: tf.data.Dataset) -> tf.data.Dataset:
        """The dataset, element by element what it was."""
        return dataset if self._is_done else dataset.enumerate().map(self._passed)

    def error_of(self, dataset: tf.data.Dataset) -> Exception | None:
        """The error of the check, after training on the dataset has failed; None if it failed for another reason.

        TensorFlow makes another error of what it raised on the way out of the dataset. If no batch came, because no
        graph could be made for such batches, the first one is looked at now.
        """
        if not self._is_done:
            with contextlib.suppress(Exception):  # of the dataset, which training has run into too
                for batch in dataset.take(1):
                    self._look(_dense(batch))
        return self._error

    def _passed(self, number: tf.Tensor, batch: Any) -> Any:
        dense = _dense(batch)
        names, watcher = tuple(dense), weakref.ref(self)

        def look(*tensors: tf.Tensor) -> bool:
            # TensorFlow never frees this function: it must hold neither the model, which the check knows, nor a graph.
            check = watcher()
            if check is not None:
                check._look(dict(zip(names, tensors)))
            return True

        is_first = tf.equal(number, 0)
        looked = tf.cond(is_first, lambda: tf.py_function(look, list(dense.values()), tf.bool), lambda: True)
        with tf.control_dependencies([looked]):
            return tf.nest.map_structure(tf.identity, batch, expand_composites=True)

    def _look(self, batch: Batch) -> None:
        if self._is_done:  # every epoch has a first batch
            return
        self._is_done, self.batch = True, batch
        try:
            self._check(batch)
        except Exception as error:
            self._error = error
            raise


def asserted(error: Exception) -> ValueError | None:
    """What an assertion in compiled code or in a dataset said, without TensorFlow's pages around it; None of others."""
    if not isinstance(error, tf.errors.InvalidArgumentError):
        return None
    found = re.search(r"assertion failed: \[(.*?)\](?= \[|\s|$)", error.message)
    return ValueError(found[1]) if found else None


def _dense(batch: Batch) -> Batch:
    composite = (tf.RaggedTensor, tf.SparseTensor)
    return {name: part for name, part in batch.items() if tf.is_tensor(part) and not isinstance(part, composite)}
