"""One long series as overlapping windows, sequences of their own, and predictions of windows put together again."""

import dataclasses
from typing import Any

import numpy as np

from gpvae_tf.data.layout import Layout
from gpvae_tf.data.sequences import SequenceData


@dataclasses.dataclass(frozen=True, eq=False)
class WindowLayout(Layout):
    """Where windows were cut.

    Attributes:
      sequences: [W], the sequence of every window.
      starts: [W], its first point in it.
      shape: (N, n) of the data that were cut.
      lengths: [N], the points of their sequences.
      before: the layout of the data that were cut.
    """

    sequences: np.ndarray
    starts: np.ndarray
    shape: tuple[int, int]
    lengths: np.ndarray
    before: Layout

    @property
    def channel_names(self) -> list[str]:
        """Names of the observations' channels, those of the data that were cut."""
        return self.before.channel_names

    @property
    def input_names(self) -> list[str]:
        """Names of the inputs' columns, those of the data that were cut."""
        return self.before.input_names

    @property
    def class_channels(self) -> dict[str, list[int]]:
        """The channels of columns of classes, those of the data that were cut."""
        return self.before.class_channels

    def take(self, windows: Any) -> "WindowLayout":
        """The layout of some of the windows; see `SequenceData.take`."""
        return dataclasses.replace(self, sequences=self.sequences[windows], starts=self.starts[windows])


def windows(data: SequenceData, length: int, overlap: int = 0, *, relative: bool = False, **options) -> SequenceData:
    """Cuts every sequence into windows of `length` points, of which neighbours share `overlap` or more.

    An exact GP of a window costs O(length^3) where that of the series costs O(n^3). The last window ends where the
    sequence ends, so it may share more. A window of which nothing is observed stays: predictions fill it in.

    Args:
      data: one long series (N = 1) or several.
      length: points per window, at most those of the shortest sequence.
      overlap: points that a window shares with the one before it, less than `length`.
      relative: whether the first input, the time, counts from each window's first point. Then windows can share
        inducing points; with a stationary kernel of the time, nothing else changes.
      options: batch_size, shuffle_seed, repeat; those of `data` if not given.

    Returns:
      The windows in the order of the series, with the scaling of `data`. `stitch` leads back.

    Raises:
      ValueError: if length or overlap do not fit.
    """
    shortest = int(data.lengths.min())
    if not 1 <= length <= shortest:
        raise ValueError(f"length must lie in 1, ..., {shortest} (the points of the shortest sequence), got {length}")
    if not 0 <= overlap < length:
        raise ValueError(f"overlap must lie in 0, ..., length - 1 = {length - 1}, got {overlap}")
    cuts = [np.append(np.arange(0, n - length, length - overlap), n - length) for n in data.lengths]
    sequences = np.repeat(np.arange(len(cuts)), [len(cut) for cut in cuts])
    starts = np.concatenate(cuts)
    where = sequences[:, np.newaxis], starts[:, np.newaxis] + np.arange(length)
    inputs, scaling = data.inputs[where], data.scaling
    if relative:
        inputs[..., 0] -= inputs[:, :1, 0]
        offset = np.array(np.broadcast_to(scaling.input_offset, data.input_dim))
        offset[0] = 0.5 * (inputs[..., 0].min() + inputs[..., 0].max())
        scaling = dataclasses.replace(scaling, input_offset=offset)
    return dataclasses.replace(
        data,
        observations=data.observations[where],
        inputs=inputs,
        mask=None if data.mask is None else data.mask[where],
        errors=None if data.errors is None else data.errors[where],
        lengths=np.full(len(starts), length),
        scaling=scaling,
        layout=WindowLayout(sequences, starts, data.observations.shape[:2], data.lengths, data.layout),
        points_per_batch=None,
        **options,
    )


def stitch(values: Any, like: SequenceData) -> np.ndarray:
    """Predictions of windows as those of the series that were cut; see `windows`.

    Where windows overlap by m points, the later one fades in linearly: its j-th value of these has weight j / (m + 1)
    and what is there already 1 - j / (m + 1). Where they agree, the result is their value, bit for bit. Standard
    deviations and quantiles are averaged the same way, which is what a band needs that should not jump.

    Args:
      values: [W, length, ...], of every window in the order of `like`.
      like: the windows, all of them or some (`SequenceData.take`), in any order.

    Returns:
      [N, n, ...]; NaN at points that none of the windows holds, and 0 behind the end of shorter sequences.

    Raises:
      ValueError: if values have another number or length of windows, or `like` are no windows.
    """
    layout, values = like.layout, np.asarray(values)
    if not isinstance(layout, WindowLayout):
        raise ValueError("like does not come from windows, there is nothing to stitch")
    if values.shape[:2] != like.inputs.shape[:2]:
        raise ValueError(f"values has shape {values.shape}; expected {[*like.inputs.shape[:2]]} and any further sizes")
    if values.dtype.kind != "f":
        values = values.astype(np.float64)
    length = values.shape[1]
    result = np.full((*layout.shape, *values.shape[2:]), np.nan, values.dtype)
    result[np.arange(layout.shape[1]) >= layout.lengths[:, np.newaxis]] = 0.0
    ends = np.zeros(layout.shape[0], int)
    for number in np.lexsort((layout.starts, layout.sequences)):
        window, sequence, start = values[number], layout.sequences[number], layout.starts[number]
        shared = max(ends[sequence] - start, 0)
        there = result[sequence, start : start + shared]
        weight = (np.arange(1, shared + 1) / (shared + 1)).astype(values.dtype)
        there += weight.reshape(-1, *[1] * (window.ndim - 1)) * (window[:shared] - there)
        result[sequence, start + shared : start + length] = window[shared:]
        ends[sequence] = start + length
    return result
