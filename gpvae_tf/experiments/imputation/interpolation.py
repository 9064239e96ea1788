"""Rules that fill in a sequence without a model: linear interpolation and the last value."""

import dataclasses
import functools

import numpy as np
from scipy import optimize

from gpvae_tf.entry_masks import entry_mask
from gpvae_tf.evaluation.bernoulli_forecast import BernoulliForecast
from gpvae_tf.evaluation.forecasts import NormalForecast
from gpvae_tf.evaluation.imputations import FilledIn
from gpvae_tf.evaluation.interpolation import last_value, linear_interpolation
from gpvae_tf.experiments.imputation.sequences import SequencesExperiment
from gpvae_tf.experiments.imputation.sequences_config import SequencesConfig
from gpvae_tf.experiments.untrained import UntrainedExperiment
from gpvae_tf.flags.options import option
from gpvae_tf.types import Batch

METHODS = {"interpolation": linear_interpolation, "last_value": last_value}
TRIED, HIDDEN = 100, 0.1  # training sequences on which the error is found, and the share of what is observed of them


@dataclasses.dataclass(frozen=True)
class InterpolationConfig(SequencesConfig):
    """What determines the numbers of a rule."""

    method: str = option(
        "interpolation",
        "interpolation: of every entry on its own, linear in time; last_value: the last one that was observed.",
        choices=METHODS,
    )


class InterpolationExperiment(UntrainedExperiment[InterpolationConfig], SequencesExperiment[InterpolationConfig]):
    """A rule beside the models, scored as they are.

    What it fills in is made a distribution by one number, its error on a tenth of the observed training entries, which
    are hidden for that.
    """

    name = "interpolation"
    script = "fill_in_sequences.py"
    config_class = InterpolationConfig
    folder_name = "{expid}_{method}"

    def filled_in(self, rows: slice, batch: Batch) -> FilledIn:
        forecast, truth = self.forecast(batch), np.asarray(self.scored_set.truth[rows], np.float64)
        density = forecast.log_density(truth)
        return FilledIn(forecast.mean(), density, density, forecast)

    def pictured(self, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
        forecast = self.forecast(batch)
        return forecast.mean(), forecast.stddev()

    def forecast(self, batch: Batch) -> NormalForecast | BernoulliForecast:
        """The distribution of every entry of a batch."""
        return self._around(self._filled(batch["observations"].numpy(), batch["mask"].numpy()), self.error)

    @functools.cached_property
    def error(self) -> float:
        """The most likely probability that a binary entry is not what was filled in; of a real one the deviation."""
        data, rng = self.train_set.take(slice(TRIED)), np.random.default_rng(self.config.seed)
        hidden = data.observed & (rng.uniform(size=data.observed.shape) < HIDDEN)
        truth = np.asarray(data.truth, np.float64)
        where = entry_mask(hidden, truth.shape)
        filled, truth = self._filled(truth, data.observed & ~hidden)[where], truth[where]
        if not self.data_type.binary:
            return float(np.sqrt(np.mean(np.square(truth - filled))))
        nll = lambda error: -np.mean(self._around(filled, error).log_density(truth))
        return float(optimize.minimize_scalar(nll, bounds=(1e-6, 0.5), method="bounded").x)

    def _around(self, filled: np.ndarray, error: float) -> NormalForecast | BernoulliForecast:
        if self.data_type.binary:
            return BernoulliForecast(error + (1.0 - 2.0 * error) * filled)
        return NormalForecast(filled, np.full(filled.shape, error))

    def _filled(self, observations: np.ndarray, mask: np.ndarray) -> np.ndarray:
        times = np.arange(observations.shape[1], dtype=np.float64)[:, np.newaxis]
        inputs = np.broadcast_to(times, (len(observations), *times.shape))
        return METHODS[self.config.method](observations, inputs, mask)
