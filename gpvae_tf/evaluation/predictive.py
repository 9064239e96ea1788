"""Scores of predictive distributions against the truth: arrays in, floats out, on all entries or on chosen ones.

A forecast is given as an array of draws [S, ...] of the truth's shape behind S (the `samples` of `predict_y`), or as a
tuple (mean, stddev) of arrays of that shape, which stands for a normal distribution of every entry (a baseline's); a
`Gaussian` of such arrays is that of its mean and variance. `where` chooses the entries that count, such as the missing
ones; what lies elsewhere may be NaN. It is boolean and has the shape of the truth, or its first axes only: [B, n]
chooses whole frames of [B, n, C]. All scores are means over the chosen entries, in the data's unit unless stated; a
score that rests on intervals names its level.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from gpvae_tf.evaluation.entries import chosen, selection
from gpvae_tf.evaluation.forecasts import Forecast, NormalForecast, SampleForecast
from gpvae_tf.types import Gaussian

# Draws [S, ...], or (mean, stddev).
ForecastLike: TypeAlias = np.ndarray | tuple[np.ndarray, np.ndarray] | Gaussian | Forecast
LEVELS = tuple(np.arange(1, 20) / 20)


class Calibration(NamedTuple):
    """Central intervals' levels and the shares of the truth that they hold.

    Attributes:
      nominal, empirical: [k] both, in (0, 1) and [0, 1]; equal if the forecast is calibrated, and the empirical below
        the nominal if its intervals are too narrow. A value of 0 or 1 may lie in an interval in part
        (`Forecast.share_within`).
      num: entries that were scored.
    """

    nominal: np.ndarray
    empirical: np.ndarray
    num: int

    @property
    def error(self) -> float:
        """Mean of |empirical - nominal| over the levels."""
        return float(np.mean(np.abs(self.empirical - self.nominal)))


def mse(truth: np.ndarray, prediction: np.ndarray, where: np.ndarray | None = None) -> float:
    """Mean of (truth - prediction)^2, in the data's unit squared; the predictive mean minimises it.

    Raises:
      ValueError: for this and every score here, naming the argument whose shape or values do not fit, or if there is
        nothing to score.
    """
    truth, prediction = chosen(where, truth=truth, prediction=prediction)
    return float(np.mean(np.square(truth - prediction)))


def mae(truth: np.ndarray, prediction: np.ndarray, where: np.ndarray | None = None) -> float:
    """Mean of |truth - prediction|; the predictive median minimises it."""
    truth, prediction = chosen(where, truth=truth, prediction=prediction)
    return float(np.mean(np.abs(truth - prediction)))


def crps(truth: np.ndarray, forecast: ForecastLike, where: np.ndarray | None = None) -> float:
    """The continuous ranked probability score: of draws, by its fair estimator; of (mean, stddev), in closed form."""
    truth, forecast = _scored(truth, forecast, where)
    return float(np.mean(forecast.crps(truth)))


def nlpd(truth: np.ndarray, forecast: ForecastLike, where: np.ndarray | None = None) -> float:
    """Negative log predictive density, nats per entry: of (mean, stddev), or of draws by a kernel density estimate.

    With a model of this library at hand, take its own density instead, which needs no estimate and serves counts too:
    `nlpd_of(predictor.predict_log_density(...), where)`.
    """
    truth, forecast = _scored(truth, forecast, where)
    return -float(np.mean(forecast.log_density(truth)))


def nlpd_of(log_density: np.ndarray, where: np.ndarray | None = None) -> float:
    """Negative log predictive density, nats per entry, from log p(truth) of every entry."""
    (nats,) = chosen(where, log_density=log_density)
    return -float(np.mean(nats))


def interval(forecast: ForecastLike, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper ends of the central interval that holds a share `level`, each of the forecast's shape."""
    tails = (1.0 - _checked_levels([level])) / 2.0
    lower, upper = as_forecast(forecast).quantiles(np.concatenate([tails, 1.0 - tails]))
    return lower, upper


def coverage(truth: np.ndarray, lower: np.ndarray, upper: np.ndarray, where: np.ndarray | None = None) -> float:
    """The share of the truth in [lower, upper], ends included."""
    truth, lower, upper = chosen(where, truth=truth, lower=lower, upper=upper)
    return float(np.mean((lower <= truth) & (truth <= upper)))


def width(lower: np.ndarray, upper: np.ndarray, where: np.ndarray | None = None) -> float:
    """Mean of upper - lower: of two forecasts with the same coverage, the narrower is the better."""
    lower, upper = chosen(where, lower=lower, upper=upper)
    return float(np.mean(upper - lower))


def calibration_curve(
    truth: np.ndarray, forecast: ForecastLike, where: np.ndarray | None = None, levels: Sequence[float] = LEVELS
) -> Calibration:
    """How much of the truth central intervals of several levels hold.

    Args:
      truth, forecast, where: see the module's docstring.
      levels: rising or not, in (0, 1).
    """
    truth, forecast = _scored(truth, forecast, where)
    nominal = _checked_levels(levels)
    return Calibration(nominal, np.mean(forecast.share_within(truth, nominal), axis=1), truth.size)


def scores(
    truth: np.ndarray, forecast: ForecastLike, where: np.ndarray | None = None, level: float = 0.95
) -> dict[str, float]:
    """All of the above by name: mse (of the mean), mae (of the median), crps, nlpd, coverage and width at a level.

    The coverage is that of `calibration_curve`, where a value of 0 or 1 may lie in an interval in part.
    """
    truth, forecast = _scored(truth, forecast, where)
    (lower, upper), (median,) = interval(forecast, level), forecast.quantiles(np.array([0.5]))
    return {
        "mse": mse(truth, forecast.mean()),
        "mae": mae(truth, median),
        "crps": crps(truth, forecast),
        "nlpd": nlpd(truth, forecast),
        "coverage": float(np.mean(forecast.share_within(truth, level))),
        "width": width(lower, upper),
    }


def as_forecast(forecast: ForecastLike) -> Forecast:
    """A forecast of every form that is taken here (see the module's docstring) as one object."""
    if isinstance(forecast, Forecast):
        return forecast
    if isinstance(forecast, Gaussian):
        return NormalForecast(forecast.mean, np.sqrt(forecast.variance))
    if type(forecast) is tuple and len(forecast) == 2:
        return NormalForecast(*forecast)
    if isinstance(forecast, tuple) or (isinstance(forecast, list) and len(forecast) == 2):
        raise ValueError(
            f"forecast has type {type(forecast).__name__} and length {len(forecast)}; expected an array of draws "
            "[S, ...], a tuple (mean, stddev), a Gaussian or a Forecast. Of a Predictive give the samples, or a tuple "
            "of its mean and stddev"
        )
    return SampleForecast(forecast)


def _scored(truth: np.ndarray, forecast: ForecastLike, where: np.ndarray | None) -> tuple[np.ndarray, Forecast]:
    """Truth [k] and forecast of the entries that count."""
    truth, forecast = np.asarray(truth, np.float64), as_forecast(forecast)
    if forecast.shape != truth.shape:
        raise ValueError(f"forecast is for an array of shape {forecast.shape}; expected that of truth, {truth.shape}")
    (values,) = chosen(where, truth=truth)
    return values, forecast.at(selection(where, truth.shape))


def _checked_levels(levels: Sequence[float]) -> np.ndarray:
    """Levels of central intervals, [k]."""
    checked = np.asarray(levels, np.float64)
    if checked.ndim != 1 or not checked.size or not np.all((0.0 < checked) & (checked < 1.0)):
        raise ValueError(f"levels must lie in (0, 1), got {checked.tolist()}")
    return checked
