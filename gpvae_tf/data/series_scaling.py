"""Every series standardised by itself, for series whose levels and noise differ, and the way back to their units."""

import dataclasses
from typing import Any

import numpy as np

from gpvae_tf.data.fitted_scaling import moments
from gpvae_tf.data.layout import Layout
from gpvae_tf.data.sequences import SequenceData
from gpvae_tf.entry_masks import entry_mask

STEADY = 1e-7  # a standard deviation below this share of the mean is rounding


@dataclasses.dataclass(frozen=True, eq=False)
class SeriesLayout(Layout):
    """What was taken out of every series.

    Attributes:
      offset, scale: [N, 1, ..., 1, C], mean and standard deviation of every channel of every series.
      before: the layout of the data before.
    """

    offset: np.ndarray
    scale: np.ndarray
    before: Layout

    @property
    def channel_names(self) -> list[str]:
        """Names of the observations' channels, those that they had before; none if they had none."""
        return self.before.channel_names

    @property
    def input_names(self) -> list[str]:
        """Names of the inputs' columns, those of the data before."""
        return self.before.input_names

    def take(self, sequences: Any) -> "SeriesLayout":
        """The layout of some of the series; see `SequenceData.take`."""
        return SeriesLayout(self.offset[sequences], self.scale[sequences], self.before.take(sequences))


def per_series(data: SequenceData) -> SequenceData:
    """The data with every channel of every series standardised by what is observed of it: y -> (y - mean_i) / sd_i.

    It is what a GP that is fitted to one series does ("reversible instance normalisation" where networks do it), and a
    model of the result knows how noisy a series is. Levels and sizes themselves are hidden from it. A channel of a
    series that has fewer than two values, or no change, gets the standard deviation of all series' channels about
    their means.

    Data to predict from go through this function as well: their own observed values say what is taken out, and
    `restore` brings predictions back, and `to_dataframe`, `to_netcdf` and `to_folder` take what it returns.

    `recalibration.held_out` needs to be told of it (`per_series=True`): values that it hides have a part in mean_i and
    sd_i, which missing ones have not.

    Args:
      data: whole series, not batches of points.

    Raises:
      ValueError: if batches are of points, the data are made by this function, a column of them has classes, or they
        are counts with exposures.
    """
    if data.points_per_batch is not None:
        raise ValueError("data has batches of points; per_series needs whole series")
    if isinstance(data.layout, SeriesLayout):
        raise ValueError("data is standardised per series already")
    if data.class_channels:
        named = ", ".join(map(repr, data.class_channels))
        raise ValueError(f"data has columns of classes, {named}, which have no level that could be taken out")
    if data.roles.exposures:
        raise ValueError("data has exposures, which are of counts; what has a level taken out of it is no count")
    values = data.observations.astype(np.float64)
    known = entry_mask(data.mask, values.shape)
    offset, scale = moments_per_series(values, known, data.errors)
    return dataclasses.replace(
        data,
        observations=np.where(known, (values - offset) / scale, 0.0).astype(np.float32),
        errors=None if data.errors is None else (data.errors / scale).astype(np.float32),
        scaling=dataclasses.replace(data.scaling, offset=0.0, scale=1.0),
        layout=SeriesLayout(offset, scale, data.layout),
    )


def moments_per_series(
    values: np.ndarray, known: np.ndarray, errors: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """What `per_series` takes out of every series: mean and standard deviation [N, 1, ..., 1, C] of every channel.

    Args:
      values: [N, n, *event], float64.
      known: boolean, of the same shape, what is observed of them.
      errors: with which they were measured, of the same shape; None for none.
    """
    axes = tuple(range(1, values.ndim - 1))
    count = np.sum(known, axis=axes, keepdims=True)
    overall, _ = moments(values, known, errors, (0, *axes))
    level, own = moments(values, known, errors, axes)
    offset = np.where(count > 0, level, overall)
    _, pooled = moments(values - offset, known, errors, (0, *axes))
    steady = (count < 2) | (own <= STEADY * np.abs(offset))
    return offset, np.where(steady, np.where(pooled > 0, pooled, 1.0), own)


def restore(values: Any, like: SequenceData, *, spread: bool = False) -> np.ndarray:
    """Predictions for data of `per_series` in the units of the series: mean_i + sd_i y, or sd_i y of a spread.

    Args:
      values: [..., N, s, *event] such as means, ends of intervals or draws, at any s times.
      like: the data that the model was given.
      spread: whether values are standard deviations.

    Raises:
      ValueError: if values are of another number of series or channels, or `like` does not come from `per_series`.
    """
    layout, values = like.layout, np.asarray(values)
    if not isinstance(layout, SeriesLayout):
        raise ValueError("like does not come from per_series: there is nothing to restore")
    expected = [like.num_sequences, "s", *like.event_shape]
    lead = values.ndim - len(expected)
    if lead < 0 or any(own not in ("s", size) for size, own in zip(values.shape[lead:], expected)):
        raise ValueError(f"values has shape {values.shape}; expected {['...', *expected]}")
    scaled = values * layout.scale
    return (scaled if spread else scaled + layout.offset).astype(np.result_type(values, np.float32))


def layout_before(data: SequenceData) -> Layout:
    """The layout of data, or of what they were made of by `per_series`."""
    return data.layout.before if isinstance(data.layout, SeriesLayout) else data.layout


def in_units(data: SequenceData) -> np.ndarray:
    """The observations of data, or of what they were made of by `per_series`."""
    return restore(data.observations, data) if isinstance(data.layout, SeriesLayout) else data.observations
