"""Pictures of forecasts: calibration, a recording's gaps, and a video's missing frames."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.evaluation import predictive
from gpvae_tf.experiments.own_data.parts import Part
from gpvae_tf.experiments.own_data.scoring import Made

ONE_SIGMA = 0.6827  # the share that a normal distribution has within its standard deviation
MOST_VALUES = 20_000  # hidden values that a calibration curve is counted on
RECORDINGS = (5, 25)  # one who stands, one who walks
CHANNELS = ("acceleration x", "acceleration y", "acceleration z")


def calibration(made: Mapping[str, Made], test: Part) -> Figure:
    """Coverage against level for every forecast.

    Args:
      made: forecasts by name.
      test: the part that they are of.
    """
    hidden = np.flatnonzero(~test.mask)[:: -(-int(np.sum(~test.mask)) // MOST_VALUES)]
    where = np.zeros(test.mask.size, bool)
    where[hidden] = True
    curves = {}
    for name, each in made.items():
        found = predictive.calibration_curve(test.values, each.forecast, where.reshape(test.mask.shape))
        curves[name] = (found.nominal, found.empirical)
    return plotting.calibration_curves(curves)


def recording(made: Made, test: Part, number: int, level: float) -> Figure:
    """The first channels of a recording: what was visible, what was hidden, and the forecast's interval.

    Args:
      made: draws, or mean and standard deviation.
      test: the part.
      number: of the recording.
      level: of the interval.
    """
    channels = slice(0, len(CHANNELS))
    lower, upper = (end[number, :, channels] for end in predictive.interval(made.forecast, level))
    return plotting.series(
        test.times,
        predictive.as_forecast(made.forecast).mean()[number, :, channels],
        {level: (lower, upper)},
        observations=test.values[number, :, channels],
        mask=test.mask[number, :, channels],
        truth=test.values[number, :, channels],
        names=CHANNELS,
        time_label="seconds",
    )


def video(made: Made, test: Part, number: int) -> Figure:
    """Frames of a video: truth, what was visible, what was filled in, and half the width of 68 % intervals."""
    mask, values = test.mask[number], test.values[number]
    filled = np.where(mask, values, predictive.as_forecast(made.forecast).mean()[number])
    lower, upper = (end[number] for end in predictive.interval(made.forecast, ONE_SIGMA))
    times = np.round(test.times[number], 1)
    return plotting.imputed_images(values, mask, filled, 0.5 * (upper - lower), truth=values, times=times)
