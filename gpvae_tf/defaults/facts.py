"""What choices are made from: the shape of the observations, their values, and how the inputs lie."""

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np
from scipy.spatial import cKDTree

from gpvae_tf.checks import channel_range, channels_with_errors
from gpvae_tf.defaults.data_like import PARTS, DataLike
from gpvae_tf.entry_masks import entry_mask
from gpvae_tf.input_roles import InputRoles
from gpvae_tf.scaling import Scaling, merged

MOST_INPUTS = 20_000  # distinct inputs that are looked at; of more, every k-th
MOST_SEQUENCES = 100  # whose distances between inputs are looked at
WHOLE = 2.0**23  # from here on float32 has no number that is not whole


@dataclasses.dataclass(frozen=True)
class Facts:
    """What is known of a data set when a model for it is chosen.

    Attributes:
      event_shape: the shape of one observation.
      num_sequences, num_points: N and n.
      lengths: [N], the points of every sequence without padding.
      num_observed: points of all sequences that have an observed entry.
      share_observed: the share of observed entries, padding left out.
      num_data: points that mini-batches of one data set are drawn from; None if batches hold whole sequences.
      channel_names, input_names: of the last axis of observations, [C], and of inputs.
      class_channels: numbers of the channels, of 0 and 1, of every column of classes, by its name.
      minimum, maximum, is_whole: of every channel, [C], the least and the greatest observed value, and whether all of
        them are whole numbers; inf, -inf and True where nothing was observed. Of float32 that has reached 2^23, where
        every number is whole, nothing is known, and `is_whole` is false, as it is where `has_errors`.
      has_errors: of every channel, [C], whether its observed values were measured with errors of known size.
      roles: of columns of the inputs that a kernel does not see.
      columns: the others, D of them.
      points: distinct observed inputs in scaled units, [P, D] with P <= 20,000.
      sequences: scaled inputs [n_i, D] of the observed points of some sequences, the first hundred that have two.
      scaling, standardized: without and with a scale for the observations.
    """

    event_shape: tuple[int, ...]
    num_sequences: int
    num_points: int
    lengths: np.ndarray
    num_observed: int
    share_observed: float
    num_data: int | None
    channel_names: Sequence[str]
    input_names: Sequence[str]
    class_channels: dict[str, list[int]]
    minimum: np.ndarray
    maximum: np.ndarray
    is_whole: np.ndarray
    has_errors: np.ndarray
    roles: InputRoles
    columns: list[int]
    points: np.ndarray
    sequences: list[np.ndarray]
    scaling: Scaling
    standardized: Scaling

    @classmethod
    def of(cls, data: DataLike) -> "Facts":
        """The facts of sequences.

        Raises:
          TypeError: if `data` has no observations, inputs and scaling.
          ValueError: if nothing is observed.
        """
        lacking = [name for name in PARTS if not hasattr(data, name)]
        if lacking:
            raise TypeError(
                f"data is a {type(data).__name__} without {lacking[0]}; expected what data.from_arrays, "
                "from_dataframe, from_folder or windows returns"
            )
        observations, mask = data.observations, data.mask
        event_shape, lead = observations.shape[2:], observations.shape[:2]
        seen: np.ndarray = np.ones(lead, bool) if mask is None else np.any(mask.reshape(*lead, -1), axis=-1)
        if not seen.any():
            raise ValueError("data has nothing observed")
        columns = data.roles.others(data.inputs.shape[-1])
        inputs = np.asarray(data.scaling.inputs(data.inputs))
        scaled = np.stack([merged(inputs[..., column]) for column in columns], axis=-1)
        scaled = np.broadcast_to(scaled, (*lead, scaled.shape[-1]))
        sequences = [scaled[i, seen[i]] for i in np.flatnonzero(seen.sum(axis=1) > 1)[:MOST_SEQUENCES]]
        points = np.unique(scaled[seen], axis=0)
        points = points[:: -(-len(points) // MOST_INPUTS)]
        where = entry_mask(mask, observations.shape)
        minimum, maximum = channel_range(observations, where)
        has_errors = _has_errors(data, where)
        return cls(
            event_shape=event_shape,
            num_sequences=lead[0],
            num_points=lead[1],
            lengths=np.asarray(data.lengths),
            num_observed=int(seen.sum()),
            share_observed=data.share_observed,
            num_data=data.num_data,
            channel_names=data.channel_names,
            input_names=data.input_names,
            class_channels=data.class_channels,
            minimum=minimum,
            maximum=maximum,
            is_whole=_whole(observations, where, np.maximum(abs(minimum), abs(maximum))) & ~has_errors,
            has_errors=has_errors,
            roles=data.roles,
            columns=columns,
            points=points,
            sequences=sequences,
            scaling=data.scaling,
            standardized=data.standardized,
        )

    def check_channels(self) -> None:
        """Refuses channels of which nothing is observed: what a model says of them would be made up.

        Raises:
          ValueError: naming the first.
        """
        if (empty := np.flatnonzero(np.isinf(self.minimum) & (self.minimum > self.maximum))).size:
            channel = int(empty[0])
            raise ValueError(
                f"data has no value of {self.channel_names[channel]!r} (channel {channel} of the last axis): leave it "
                "out, or name the columns of values"
            )

    @property
    def num_channels(self) -> int:
        """C, the length of an observation's last axis."""
        return self.event_shape[-1]

    @property
    def input_dim(self) -> int:
        """D."""
        return len(self.columns)

    @property
    def input_scale(self) -> np.ndarray:
        """What the scaling divides every column by, [D]."""
        return self.of_columns(self.scaling.input_scale, self.columns)

    @staticmethod
    def of_columns(part: np.ndarray | float, columns: Sequence[int]) -> np.ndarray:
        """Numbers of a scaling, of some columns of the inputs; it may have one number for all."""
        return np.asarray(part)[columns] if np.ndim(part) else np.full(len(columns), part)

    @property
    def constant_columns(self) -> list[int]:
        """Columns of the inputs that differ between sequences and never within one, but for those of ids."""
        differs = np.ptp(self.points, axis=0) > 0
        for inputs in self.sequences:
            differs &= np.ptp(inputs, axis=0) == 0
        ids = (self.of_columns(self.scaling.input_offset, self.columns) == 0.0) & (
            self.input_scale == 1.0
        )  # as `fit_scaling` leaves
        return np.array(self.columns)[differs & ~ids].tolist() if self.sequences else []

    @functools.cached_property
    def spacing(self) -> float:
        """The median distance of an input to the nearest other one in its sequence, in scaled units; 1 if none is."""
        return _median_of_nearest(self.sequences)

    @functools.cached_property
    def spacing_in_time(self) -> float:
        """The same of the first column alone, whatever covariates are beside it."""
        return _median_of_nearest([inputs[:, :1] for inputs in self.sequences])

    @functools.cached_property
    def extent(self) -> float:
        """The longest side of the box around a sequence's inputs, in scaled units, the median over sequences."""
        return float(np.median([np.max(np.ptp(inputs, axis=0)) for inputs in self.sequences] or [0.0]))

    @property
    def extents(self) -> np.ndarray:
        """The extent of every column within a sequence, [D], in scaled units, the median over sequences."""
        return np.median([np.ptp(inputs, axis=0) for inputs in self.sequences] or [np.zeros(self.input_dim)], axis=0)


def _median_of_nearest(sequences: Sequence[np.ndarray]) -> float:
    """The median of `nearest` of all sequences [n_i, D]; 1 if there is none."""
    found = np.concatenate([np.empty(0), *(nearest(inputs) for inputs in sequences)])
    return float(np.median(found)) if found.size else 1.0


def nearest(points: np.ndarray) -> np.ndarray:
    """Distances of distinct points [n, D] to the nearest other one; of the first 20,000, and none of a single one."""
    distinct = np.unique(points, axis=0)[:MOST_INPUTS]
    return cKDTree(distinct).query(distinct, k=2)[0][:, 1] if len(distinct) > 1 else np.empty(0)


def _has_errors(data: DataLike, where: np.ndarray) -> np.ndarray:
    """Whether observed values of a channel were measured with errors, [C]; those of missing ones may be anything."""
    return np.zeros(where.shape[-1], bool) if data.errors is None else channels_with_errors(data.errors, where)


def _whole(observations: np.ndarray, where: np.ndarray, largest: np.ndarray) -> np.ndarray:
    """Whether all observed values of a channel are whole numbers, and not made so by rounding to float32, [C]."""
    axes = tuple(range(observations.ndim - 1))
    rounded = (observations.dtype == np.float32) & (largest >= WHOLE) & np.isfinite(largest)
    return np.all(observations == np.floor(observations), axis=axes, where=where) & ~rounded
