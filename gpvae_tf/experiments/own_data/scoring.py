"""A forecast of hidden values, and how good it is."""

from typing import Any, NamedTuple

import numpy as np

from gpvae_tf.evaluation import predictive
from gpvae_tf.evaluation.student_t_forecast import StudentTForecast
from gpvae_tf.experiments.own_data.parts import Part


class Made(NamedTuple):
    """A forecast of the values of a part, [N, n, *event].

    Attributes:
      forecast: draws [S, N, n, *event], mean and standard deviation, or t distributions.
      log_density: log p of the true values, nats, where the forecast is draws.
      interval: lower and upper ends, where they are not those of the forecast.
    """

    forecast: predictive.ForecastLike
    log_density: np.ndarray | None = None
    interval: tuple[np.ndarray, np.ndarray] | None = None


def scores(made: Made, test: Part, scale: np.ndarray, level: float) -> dict[str, float]:
    """Scores of the hidden values in units of `scale`; of other intervals than the forecast's, coverage and width."""
    hidden = ~test.mask
    if made.interval is not None:
        lower, upper = (end / scale for end in made.interval)
        inside = predictive.coverage(test.values / scale, lower, upper, hidden)
        return {"coverage": inside, "width": predictive.width(lower, upper, hidden)}
    found = predictive.scores(test.values / scale, _divided(made.forecast, scale), hidden, level)
    if made.log_density is not None:
        found["nlpd"] = predictive.nlpd_of(made.log_density + np.log(scale), hidden)
    return found


def _divided(forecast: Any, scale: np.ndarray) -> predictive.ForecastLike:
    """A forecast of values that are divided by a scale."""
    if isinstance(forecast, StudentTForecast):
        return StudentTForecast(forecast.location / scale, forecast.scale / scale, forecast.df)
    return tuple(part / scale for part in forecast) if isinstance(forecast, tuple) else forecast / scale
