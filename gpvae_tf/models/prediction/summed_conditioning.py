"""Conditioning on sums: of the data, however many batches there are, sums of statistics are all that is kept."""

from collections.abc import Iterable
from typing import Any, TypeVar

import tensorflow as tf

from gpvae_tf.latent_gps import LatentDataset, LatentPredictor, cost
from gpvae_tf.models import masks
from gpvae_tf.models.compiled import compiled_method
from gpvae_tf.models.prediction.conditioning import Conditioning
from gpvae_tf.models.prediction.input_spec import ShapeRecorder
from gpvae_tf.types import Batch

Statistics = TypeVar("Statistics", bound=tuple)


class SummedConditioning(Conditioning):
    """Mixed into a model, in front of it, whose latent GP has `statistics` that add up, and `condition_on_statistics`.

    Predictions take the batches for all the data there are, not for a sample of N (the factor N/b of a bound is 1).
    """

    latent_gp: Any

    def latent_predictor(self, batches: Iterable[Batch]) -> LatentPredictor:
        return self.latent_gp.condition_on_statistics(self.statistics(batches))

    def statistics(self, batches: Iterable[Batch]) -> Any:
        """Sums of the latent GP's statistics over all data points: O(m^2) numbers per channel with m inducing points.

        Raises:
          ValueError: if there is no batch, or one has another number of data sets than the first.
        """
        return summed(map(self._statistics, ShapeRecorder(batches, "points")))

    def _statistics(self, batch: Batch) -> Any:
        """The statistics of a batch, computed in one compiled function and checked behind it."""
        statistics, data, explained = self._compiled_statistics(masks.encodable(batch))
        cost.check_explained_variance(explained)
        self.latent_gp.checked(data)
        return statistics

    @compiled_method
    def _compiled_statistics(self, batch: Batch) -> tuple[Any, LatentDataset, tf.Tensor | None]:
        data, explained = self.latent_dataset_with_explained_variance(batch)
        return self.latent_gp.statistics(data), data, explained


def summed(statistics: Iterable[Statistics]) -> Statistics:
    """The sum of sufficient statistics, named tuples of tensors, term by term.

    Raises:
      ValueError: if there are none.
    """
    total: Statistics | None = None
    for stats in statistics:
        total = stats if total is None else type(stats)(*(a + b for a, b in zip(total, stats)))
    if total is None:
        raise ValueError("batches is empty: there is nothing to condition on")
    return total
