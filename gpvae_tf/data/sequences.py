"""Sequences of a user's own with their inputs and mask: arrays to look at, batches to train on, and their scaling."""

import dataclasses
import functools
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.checks import at_least_one
from gpvae_tf.data import selection
from gpvae_tf.data.fitted_scaling import channel_moments
from gpvae_tf.data.layout import WITHOUT_NAMES, Layout
from gpvae_tf.data.sequence_batches import SequenceBatches
from gpvae_tf.input_roles import NO_ROLES, InputRoles
from gpvae_tf.scaling import Scaling


@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SequenceData(SequenceBatches):
    """N sequences of n points, made by `from_arrays`, `from_dataframe`, `from_folder`, `windows` or `load`.

    `model.fit` takes it as it is. The arrays live in TensorFlow tensors on the CPU, one copy each, of which the
    attributes are read-only views; every batch is gathered from them.

    Attributes:
      observations: [N, n, *event] float32; float64 if that was given and they are to be standardised, or float32 would
        lose digits that matter; 0 where missing.
      inputs: [N, n, D] float32 or float64, in the units they came in; times that were datetimes are seconds since 1970.
      mask: boolean, True = observed, [N, n] or of the observations' shape; None if everything is.
      scaling: offsets and scales for the model, `scaling=data.scaling`. Nothing in here is scaled.
      lengths: [N], the points of every sequence; what follows in the arrays is padding.
      batch_size: sequences per batch; of no use with points_per_batch.
      points_per_batch: points per batch of one data set (N = 1) whose batches [1, b, ...] hold random points of it.
      shuffle_seed: seed of the order, another one in every epoch; None keeps the order of the arrays.
      repeat: whether `dataset` has no end; `fit`, which goes over the data as often as it takes, needs no such.
      layout: where the arrays came from (names, columns, files, windows), for the way back.
      errors: standard deviations of measurement errors, of the observations' shape, float32; None if there are none.
      roles: of those columns of the inputs that are conditions or exposures, for the model, `roles=data.roles`.
    """

    observations: np.ndarray
    inputs: np.ndarray
    mask: np.ndarray | None
    scaling: Scaling
    lengths: np.ndarray
    batch_size: int
    points_per_batch: int | None = None
    shuffle_seed: int | None = None
    repeat: bool = False
    layout: Layout = WITHOUT_NAMES
    errors: np.ndarray | None = None
    roles: InputRoles = NO_ROLES
    _tensors: dict[str, tf.Tensor] = dataclasses.field(init=False)

    def __post_init__(self):
        at_least_one("batch_size" if self.points_per_batch is None else "points_per_batch", self._per_batch)
        arrays = {name: getattr(self, name) for name in ("observations", "inputs", "mask", "errors")}
        with tf.device("CPU:0"):  # tf.identity makes one copy, convert_to_tensor two
            tensors = {name: tf.identity(array) for name, array in arrays.items() if array is not None}
        object.__setattr__(self, "_tensors", tensors)
        for name, tensor in tensors.items():
            view = np.asarray(tensor)
            if name == "inputs" and view.ndim == 2:
                view = np.broadcast_to(view, (len(self.observations), *view.shape))
            view.setflags(write=False)
            object.__setattr__(self, name, view)

    @functools.cached_property
    def standardized(self) -> Scaling:
        """`scaling` with offsets and scales that standardise the observations per channel, whether asked for or not."""
        offset, scale = channel_moments(self.observations, self.mask, self.errors)
        return dataclasses.replace(self.scaling, offset=offset, scale=scale)

    @property
    def event_shape(self) -> tuple[int, ...]:
        """The shape of one observation."""
        return self.observations.shape[2:]

    @property
    def channel_names(self) -> list[str]:
        """A name for every entry of the observations' last axis: its column or variable, or its number."""
        return channel_names(self.layout, self.event_shape[-1])

    @property
    def input_names(self) -> list[str]:
        """A name for every column of the inputs: that of its table, or its number."""
        return self.layout.input_names or [f"input column {number}" for number in range(self.input_dim)]

    @property
    def class_channels(self) -> dict[str, list[int]]:
        """The channels, of 0 and 1, of every column of classes of a table, by its name."""
        return self.layout.class_channels

    @property
    def exposures(self) -> np.ndarray:
        """What stands behind every count, [N, n, 1, ..., 1, C], in the units of the inputs; 1 where nothing does."""
        found = self.roles.exposure_per_entry(tf.cast(self.inputs, tf.float64), len(self.event_shape))
        return np.ones((1,) * self.observations.ndim) if found is None else found.numpy()

    @property
    def input_dim(self) -> int:
        """D, the number of input columns."""
        return self.inputs.shape[-1]

    def __repr__(self) -> str:
        lengths = f"{self.lengths.min()} to {self.lengths.max()}" if np.ptp(self.lengths) else f"{self.lengths[0]}"
        observed = "everything observed" if self.mask is None else f"{self.share_observed:.1%} observed"
        return (
            f"SequenceData({self.num_sequences} sequences of {lengths} points, observations {self.event_shape}, "
            f"{self.input_dim} inputs, {observed})"
        )

    @property
    def share_observed(self) -> float:
        """The share of observed entries, padding left out."""
        if self.mask is None:
            return 1.0
        return float(self.mask.sum() / (self.lengths.sum() * np.prod(self.mask.shape[2:], dtype=int)))

    def take(self, sequences: Any) -> "SequenceData":
        """Some of the sequences, such as a part to validate on, with the scaling of all.

        Args:
          sequences: a slice, a boolean array [N], or one or more numbers of sequences.

        Raises:
          ValueError: if it is none of these, or none of the sequences.
          IndexError: if there is no sequence of a number.
        """
        sequences = selection.numbers(sequences, self.num_sequences)
        return dataclasses.replace(
            self,
            observations=self.observations[sequences],
            inputs=self.inputs[sequences],
            mask=None if self.mask is None else self.mask[sequences],
            errors=None if self.errors is None else self.errors[sequences],
            lengths=self.lengths[sequences],
            layout=self.layout.take(sequences),
        )

    def unpadded(self, values: Any) -> list[np.ndarray]:
        """Arrays [N, n, ...], such as predictions, as a list of N arrays of the sequences' own lengths."""
        return [row[:length] for row, length in zip(np.asarray(values), self.lengths)]


def channel_names(layout: Layout, num: int) -> list[str]:
    """Names of `num` channels: those that the layout of their data has, else numbers."""
    return layout.channel_names or [f"channel {number}" for number in range(num)]
