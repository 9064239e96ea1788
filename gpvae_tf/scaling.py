"""The offset and scale that a model takes out of its data, so that kernels and networks see numbers near 1."""

import dataclasses

import numpy as np
import tensorflow as tf

from gpvae_tf.saving import Configurable

_ROUNDING = 1e-9  # of the range of a column: what was computed in float64 twice differs by less


@dataclasses.dataclass(frozen=True)
class Scaling(Configurable):
    """Offsets and scales of inputs and observations: x -> (x - input_offset) / input_scale, y -> (y - offset) / scale.

    A model that has one takes and gives everything in original units; its kernel's length scales and its inducing
    points are in scaled units. Inputs are scaled in float64: times in seconds since 1970 lie a minute apart, which
    float32 cannot tell.

    Args:
      input_offset, input_scale: [D] or one number; an object's id has offset 0 and scale 1.
      offset, scale: one number, or an array that broadcasts to an observation's shape *event, such as [C].

    Raises:
      ValueError: if an entry is not finite, or a scale is not positive.
    """

    input_offset: np.ndarray | float = 0.0
    input_scale: np.ndarray | float = 1.0
    offset: np.ndarray | float = 0.0
    scale: np.ndarray | float = 1.0

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = np.asarray(getattr(self, field.name), np.float64)
            if not np.all(np.isfinite(value)):
                raise ValueError(f"{field.name} must be finite, got {value}")
            if field.name.endswith("scale") and not np.all(value > 0):
                raise ValueError(f"{field.name} must be positive, got {value}")
            object.__setattr__(self, field.name, value)

    def inputs(self, inputs: tf.Tensor, columns: int | None = None) -> tf.Tensor:
        """Scaled inputs [..., n, D], float64.

        Args:
          inputs: [..., n, D].
          columns: how many of the first columns are in original units; None for all. The others stay as they are.

        Raises:
          ValueError: if all are, and they are more or fewer than those of the data that the scaling is of.
        """
        inputs = tf.cast(inputs, tf.float64)
        if columns is None:
            expected = {np.size(part) for part in (self.input_offset, self.input_scale) if np.ndim(part)}
            if inputs.shape[-1] is not None and expected - {inputs.shape[-1]}:
                raise ValueError(f"inputs has {inputs.shape[-1]} columns; expected {max(expected)}, as scaling has")
            return (inputs - self.input_offset) / self.input_scale
        numbers = map(np.asarray, (self.input_offset, self.input_scale))
        offset, scale = (part[:columns] if part.ndim else part for part in numbers)
        return tf.concat([(inputs[..., :columns] - offset) / scale, inputs[..., columns:]], axis=-1)

    @property
    def input_dtype(self) -> tf.DType:
        """The dtype that inputs need: float64 if they are scaled, else float32."""
        scaled = np.any(self.input_offset != 0.0) or np.any(self.input_scale != 1.0)
        return tf.float64 if scaled else tf.float32

    @property
    def changes_observations(self) -> bool:
        """Whether observations are scaled at all."""
        return bool(np.any(self.offset != 0.0) or np.any(self.scale != 1.0))

    def observations(self, observations: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
        """Scaled observations [..., *event] in `dtype`."""
        if not self.changes_observations:
            return tf.cast(observations, dtype)
        return tf.cast((tf.cast(observations, tf.float64) - self.offset) / self.scale, dtype)

    def differences(self, differences: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
        """Scaled differences or standard deviations of observations [..., *event], in `dtype`."""
        differences = tf.cast(differences, dtype)
        return differences / tf.constant(self.scale, dtype) if self.changes_observations else differences

    def restore(self, scaled: tf.Tensor) -> tf.Tensor:
        """Values [..., *event] in original units, of the dtype that comes."""
        if not self.changes_observations:
            return scaled
        return tf.cast(tf.cast(scaled, tf.float64) * self.scale + self.offset, scaled.dtype)

    def restore_log_density(self, nats: tf.Tensor) -> tf.Tensor:
        """Log densities [..., *event] of scaled entries as densities per original unit: log p(y) = log p(scaled) - log
        scale."""
        return nats - tf.constant(np.log(self.scale), nats.dtype) if self.changes_observations else nats

    def restore_difference(self, scaled: tf.Tensor) -> tf.Tensor:
        """Differences of values [..., *event] in original units, of the dtype that comes."""
        return scaled if not self.changes_observations else scaled * tf.constant(self.scale, scaled.dtype)

    def restore_variance(self, scaled: tf.Tensor) -> tf.Tensor:
        """Variances [..., *event] in squared original units, of the dtype that comes."""
        return scaled if not self.changes_observations else scaled * tf.constant(np.square(self.scale), scaled.dtype)


def merged(values: np.ndarray) -> np.ndarray:
    """A column of inputs [..., n] where values that only rounding keeps apart are one value, the least of them.

    The cosine of a time of day is another number every day, 1e-16 away, and such gaps say nothing of how inputs lie.
    Values are one if all of them lie within 1e-9 of a sequence's range, the median of those that vary by more than
    rounding: a second of samples lies within 1e-9 of ten years. A long row of close values stays as it is.
    """
    ordered = np.unique(values)
    if len(ordered) < 2:
        return values
    epsilon = np.finfo(np.result_type(values, np.float32)).eps
    within = np.atleast_1d(np.ptp(values, axis=-1))
    within = within[within > 16.0 * epsilon * np.max(np.abs(ordered[[0, -1]]))]
    least = _ROUNDING * float(np.median(within) if within.size else ordered[-1] - ordered[0])
    begins = np.diff(ordered, prepend=-np.inf) >= least
    if begins.all():
        return values
    first, last = ordered[begins], ordered[np.append(begins[1:], True)]
    group = np.cumsum(begins) - 1
    replaced = np.where((last - first < least)[group], first[group], ordered)
    return replaced[np.searchsorted(ordered, values)]


def are_scattered(values: np.ndarray) -> bool:
    """Whether values [..., n] of one column of several lie like those of points anywhere in a plane.

    Neighbours in one column are then no neighbours, and may lie as close as numbers can without a loss. Where values
    are evenly spaced, as times are, or far from 0 for their range, close neighbours say that digits were lost.
    """
    gaps = np.diff(np.sort(values, axis=-1), axis=-1)
    gaps = gaps[gaps > 0]
    wide = np.ptp(values) >= 0.1 * np.max(np.abs(values), initial=0.0)
    return bool(wide and gaps.size and np.quantile(gaps, 0.1) < 0.5 * np.median(gaps))
