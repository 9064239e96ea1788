"""Conditioning on sums: of the data, however many batches there are, sums of statistics are all that is kept."""

from collections.abc import Iterable
from typing import Any, TypeVar

from gpvae_tf.latent_gps import LatentDataset, LatentPredictor
from gpvae_tf.models.prediction.conditioning import Conditioning
from gpvae_tf.types import Batch

Statistics = TypeVar("Statistics", bound=tuple)


class SummedConditioning(Conditioning):
    """Mixed into a model, in front of it, whose latent GP has `statistics` that add up, and `condition_on_statistics`.

    Predictions take the batches for all the data there are, not for a sample of N (the factor N/b of a bound is 1).
    """

    latent_gp: Any

    def latent_predictor(self, batches: Iterable[Batch]) -> LatentPredictor:
        return self.latent_gp.condition_on_statistics(self.statistics(batches))

    def condition_latents(self, data: LatentDataset) -> LatentPredictor:
        return self.latent_gp.condition_on_statistics(self.latent_gp.statistics(data))

    def statistics(self, batches: Iterable[Batch]) -> Any:
        """Sums of the latent GP's statistics over all data points: O(m^2) numbers per channel with m inducing points.

        Raises:
          ValueError: if there is no batch.
        """
        return summed(map(self.latent_gp.statistics, map(self.encoded, batches)))


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
