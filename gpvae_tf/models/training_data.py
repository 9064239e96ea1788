"""What `fit` trains on: one clear sentence for what is no data of a model, before any work is lost."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

_EXPECTED = 'a tf.data.Dataset of batches {"observations": ..., "inputs": ..., ...}, as data.from_arrays makes them'


def training_dataset(x: Any, y: Any = None) -> Any:
    """The dataset in what was given to `fit`: a `tf.data.Dataset`, or an object that has one as `dataset`.

    Args:
      x: what was given as data. A mapping of arrays, which Keras cuts into batches, passes as it is.
      y: what was given as targets; these models have none.

    Raises:
      TypeError: if it is something else, or its elements are no mappings.
      ValueError: if the batches have no observations.
    """
    if y is not None:
        raise TypeError("fit takes no targets y: a model is trained on the observations in x alone")
    x = getattr(x, "dataset", x)
    elements = x if isinstance(x, Mapping) else getattr(x, "element_spec", None)
    if elements is None:
        raise TypeError(f"x is {_a(x)}; expected {_EXPECTED}")
    if not isinstance(elements, Mapping):
        raise TypeError(f"x has elements of type {type(elements).__name__}; expected {_EXPECTED}")
    if "observations" not in elements and "inputs" not in elements:
        hint = ': "images" are called "observations" since version 0.2' if "images" in elements else ""
        raise ValueError(f"x has batches of {', '.join(map(repr, elements))}; expected 'observations'{hint}")
    return x


def check_length(dataset: tf.data.Dataset, steps_per_epoch: int | None, epochs: int) -> None:
    """Refuses a dataset that is known to end before training does, which Keras only warns of.

    Raises:
      ValueError: with both numbers of batches.
    """
    if steps_per_epoch is None or (batches := int(dataset.cardinality())) < 0:  # infinite or unknown
        return
    if batches < steps_per_epoch * epochs:
        raise ValueError(
            f"x has {batches} batches; steps_per_epoch={steps_per_epoch} in {epochs} epochs need "
            f"{steps_per_epoch * epochs}: repeat the dataset, or leave steps_per_epoch out"
        )


def check_inputs(inputs: np.ndarray, features: np.ndarray | None = None, dtype: tf.DType = tf.float64) -> None:
    """Refuses inputs whose differences are lost to rounding, in their own dtype or in the kernel's algebra.

    TFP's stationary kernels compute |x - x'|^2 as |x|^2 + |x'|^2 - 2 x x', whose rounding error is about
    4 eps max|x|^2, so times in seconds since 1970 have no differences left even in float64.

    Args:
      inputs: [..., n, D], as they came.
      features: [..., n, F], what a kernel sees of them; None where an embedding is between.
      dtype: of the kernel's algebra.

    Raises:
      ValueError: naming the column, its values and the gap between neighbours.
    """
    for column, values in _columns(inputs):
        if not np.all(np.isfinite(values)):
            raise ValueError(f"inputs has values that are not finite in column {column}")
        gap, largest = _gap(values), float(np.max(np.abs(values), initial=0.0))
        if values.dtype == np.float32 and gap < 10.0 * np.finfo(np.float32).eps * largest:
            raise ValueError(
                f"inputs has values up to {largest:.10g} in column {column}, whose neighbours float32 cannot tell "
                "apart: give them in float64, or take out a common origin first"
            )
    if features is None:
        return
    epsilon = np.finfo(tf.as_dtype(dtype).as_numpy_dtype).eps
    for column, values in _columns(features):
        gap, largest = _gap(values), float(np.max(np.abs(values), initial=0.0))
        if gap**2 < 4.0 * epsilon * largest**2:
            raise ValueError(
                f"inputs has values up to {largest:.10g} in column {column} with gaps of {gap:.3g}: a kernel in "
                f"{tf.as_dtype(dtype).name} loses their differences. Give the model scaling=data.scaling, which "
                "takes out an offset (data.from_arrays computes it), or take out a common origin yourself"
            )


def _columns(inputs: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    flat = np.asarray(inputs).reshape(-1, inputs.shape[-1])
    return enumerate(flat.T)


def _gap(values: np.ndarray) -> float:
    """The median gap between neighbours among distinct values; infinite for fewer than two."""
    distinct = np.unique(values.astype(np.float64))
    return float(np.median(np.diff(distinct))) if len(distinct) > 1 else np.inf


def _a(value: Any) -> str:
    kind = type(value)
    return f"{kind.__name__}" if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
