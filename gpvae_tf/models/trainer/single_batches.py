"""Keras' steps on one batch, for loops of one's own: `train_on_batch` and `test_on_batch`."""

from collections.abc import Callable, Mapping
from typing import Any

from gpvae_tf._keras import keras
from gpvae_tf.models.trainer.keras_options import check_data_options
from gpvae_tf.models.trainer.training_data import as_tensors
from gpvae_tf.types import Batch


class TrainedOnSingleBatches(keras.Model):
    """The part of a Keras model that takes single batches, each of which is checked as the first one of `fit` is."""

    _check_shareable: Callable[[Any], None]
    _check_first_batch: Callable[[Batch], None]

    def train_on_batch(self, x: Batch, y=None, sample_weight=None, class_weight=None, *arguments: Any, **options: Any):
        """One step of training on a batch, as `fit` takes it; Keras' further arguments are `reset_metrics` and
        `return_dict`.

        Raises:
          TypeError, ValueError: see `check_data_options`; if it is no batch, or see `check_batch`.
        """
        check_data_options("train_on_batch", dict(y=y, sample_weight=sample_weight, class_weight=class_weight))
        x = self._checked_single(x)
        return super().train_on_batch(x, None, None, None, *arguments, **options)

    def test_on_batch(self, x: Batch, y=None, sample_weight=None, *arguments: Any, **options: Any):
        """The bound's parts on a batch, as `evaluate` logs them; further arguments as those of `train_on_batch`.

        Raises:
          TypeError, ValueError: see `train_on_batch`.
        """
        check_data_options("test_on_batch", dict(y=y, sample_weight=sample_weight))
        x = self._checked_single(x)
        return super().test_on_batch(x, None, None, *arguments, **options)

    def _checked_single(self, x: Any) -> Batch:
        if not isinstance(x, Mapping):
            raise TypeError(
                f'x is a {type(x).__name__}; expected one batch, {{"observations": ..., ...}}, such as '
                "next(iter(dataset))"
            )
        x = as_tensors(x)
        self._check_shareable(x)
        self._check_first_batch(x)
        return x


def unpacked(batch: Any) -> Batch:
    """A batch as Keras hands it to a step: in a tuple of its own if it was given as a single one."""
    return batch[0] if isinstance(batch, tuple) else batch
