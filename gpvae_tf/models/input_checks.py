"""Inputs as tensors, and whether their differences survive rounding."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.scaling import are_scattered, merged

_WHOLE = 2.0**24  # from here on float32 does not even hold all whole numbers
_TOLERANCE = 0.1  # of the square of a gap between neighbours, that a kernel's algebra may lose


def as_tensor(inputs: Any) -> tf.Tensor:
    """Inputs as a tensor; Python's numbers in float64, as in NumPy, where TensorFlow would round them to float32.

    Raises:
      ValueError: of datetimes, saying what makes numbers of them.
    """
    if tf.is_tensor(inputs):
        return inputs
    array = np.asarray(inputs)
    if array.dtype.kind in "MmOUS":
        raise ValueError(
            f"inputs has dtype {array.dtype}; expected numbers: data.as_seconds(times) makes them of dates, in "
            "seconds since 1970, as data.from_arrays does"
        )
    return tf.convert_to_tensor(array)


def check_inputs(
    inputs: np.ndarray,
    features: np.ndarray | None = None,
    dtype: tf.DType = tf.float64,
    known_gaps: Sequence[float] | None = None,
) -> None:
    """Refuses inputs whose differences are lost to rounding, in their own dtype or in the kernel's algebra.

    TFP's stationary kernels compute |x - x'|^2 as |x|^2 + |x'|^2 - 2 x x', whose rounding error is about
    4 eps max|x|^2, so times in seconds since 1970 have no differences left even in float64. `kernels.covariance` spares
    inputs of few columns that, and so pairs much closer than most; what is refused does not depend on it.

    Args:
      inputs: [..., n, D], as they came.
      features: [..., n, F], what a kernel sees of them; None where an embedding is between.
      dtype: of the kernel's algebra.
      known_gaps: those of the data in every column of the features (`feature_gaps`), for inputs of predictions, which
        may lie closer, but not where a kernel would lose the differences of the data; None for the data themselves.

    Raises:
      ValueError: naming the column, its values and the gap between neighbours.
    """
    for column, values in _columns(inputs):  # [..., n]
        if not np.all(np.isfinite(values)):
            raise ValueError(f"inputs has values that are not finite in column {column}")
        gap, largest = _gap(values), float(np.max(np.abs(values), initial=0.0))
        several = np.shape(inputs)[-1] > 1
        hardly_apart = gap < 10.0 * np.finfo(np.float32).eps * largest and not (several and are_scattered(values))
        if values.dtype == np.float32 and (hardly_apart or largest >= _WHOLE):  # times may all be merged, without a gap
            raise ValueError(
                f"inputs has values up to {largest:.10g} in column {column}, whose neighbours float32 cannot tell "
                "apart: give them in float64, or take out a common origin first"
            )
    if features is None:
        return
    epsilon = np.finfo(tf.as_dtype(dtype).as_numpy_dtype).eps
    for column, values in _columns(features):
        gap = max(_gap(values), 0.0 if known_gaps is None else known_gaps[column])
        largest = float(np.max(np.abs(values), initial=0.0))
        if _TOLERANCE * gap**2 < 4.0 * epsilon * largest**2:
            raise ValueError(
                f"inputs has values up to {largest:.10g} in column {column} with gaps of {gap:.3g}: a kernel in "
                f"{tf.as_dtype(dtype).name} loses their differences. Give the model scaling=data.scaling, which "
                "takes out an offset (data.from_arrays computes it), or take out a common origin yourself"
                + (", or give it a kernel in float64" if epsilon > 1e-10 else "")
            )


def feature_gaps(features: np.ndarray) -> list[float]:
    """The gaps between neighbours in every column of features [..., n, F], as `check_inputs` takes them."""
    return [_gap(values) for _, values in _columns(features)]


def _columns(inputs: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    return enumerate(np.moveaxis(np.asarray(inputs), -1, 0))


def _gap(values: np.ndarray) -> float:
    """The median gap between neighbours among the distinct values [..., n] of a data set; infinite if none has two.

    Values of several data sets together lie closer, however well each one's own are told apart.
    """
    if not values.size:  # objects without images
        return np.inf
    rows = np.sort(merged(values.astype(np.float64)).reshape(-1, values.shape[-1]), axis=-1)
    gaps = np.diff(rows, axis=-1)
    return float(np.median(gaps[gaps > 0])) if np.any(gaps > 0) else np.inf
