"""Lists of sequences of unequal length as rectangular arrays: shorter ones are filled up, and the filling is masked."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from gpvae_tf.data.numeric import as_numbers
from gpvae_tf.entry_masks import entry_mask


class Padded(NamedTuple):
    """N sequences padded to n points: observations and errors [N, n, *event], inputs [N, n, D], mask, lengths [N]."""

    observations: np.ndarray
    inputs: np.ndarray
    mask: np.ndarray
    errors: np.ndarray | None
    lengths: np.ndarray


def is_ragged(observations: Any) -> bool:
    """Whether it is a list (or an array of objects) with one array for every sequence, not all of one length."""
    if isinstance(observations, np.ndarray) and (observations.dtype.kind != "O" or observations.ndim != 1):
        return False
    if not isinstance(observations, (list, tuple, np.ndarray)) or not all(hasattr(x, "__len__") for x in observations):
        return False
    return len({len(one) for one in observations}) > 1


def pad(
    observations: Sequence[Any], inputs: Sequence[Any], mask: Sequence[Any] | None, errors: Sequence[Any] | None = None
) -> Padded:
    """Pads sequences to the longest: zeros for observations and errors, the last input again, False for the mask.

    Args:
      observations: N arrays [n_i, *event].
      inputs: N arrays [n_i, D], or [n_i] for D = 1.
      mask: N boolean arrays [n_i] or [n_i, *event]; None if everything is observed.
      errors: N arrays [n_i, *event]; None if there are none.

    Raises:
      ValueError: if the numbers of sequences differ, or the lengths or shapes within one; its number is named.
    """
    values = [as_numbers(f"observations[{i}]", one) for i, one in enumerate(observations)]
    places = _list("inputs", inputs, len(values))
    points = [as_numbers(f"inputs[{i}]", one) for i, one in enumerate(places)]
    points = [one[:, np.newaxis] if one.ndim == 1 else one for one in points]
    known = _list("mask", mask, len(values)) if mask is not None else [np.ones(len(one), bool) for one in values]
    known = [_checked_mask(i, one, values[i]) for i, one in enumerate(known)]
    for i, (value, point) in enumerate(zip(values, points)):
        if not len(value):
            raise ValueError(f"observations[{i}] is empty; leave it out")
        if point.ndim != 2 or len(point) != len(value):
            raise ValueError(f"inputs[{i}] has shape {point.shape}; expected [{len(value)}, D], as observations[{i}]")
        for name, one, first in (("observations", value, values[0]), ("inputs", point, points[0])):
            if one.shape[1:] != first.shape[1:]:
                raise ValueError(
                    f"{name}[{i}] has shape {one.shape} and {name}[0] {first.shape}; all sequences need the same "
                    "shape but for the first size, their length"
                )
    by_entry = any(one.ndim > 1 for one in known)
    if by_entry:
        known = [entry_mask(one, value.shape) for one, value in zip(known, values)]
    lengths = np.array([len(value) for value in values])
    spread = None if errors is None else _stack(_errors(errors, values), 0.0)
    return Padded(_stack(values, 0.0), _stack(points, None), _stack(known, False), spread, lengths)


def _errors(errors: Sequence[Any], values: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Errors of the shapes of the observations."""
    arrays = [as_numbers(f"errors[{i}]", one) for i, one in enumerate(_list("errors", errors, len(values)))]
    for i, (array, value) in enumerate(zip(arrays, values)):
        if array.shape != value.shape:
            raise ValueError(f"errors[{i}] has shape {array.shape}; expected {value.shape}, as observations[{i}]")
    return arrays


def _list(name: str, values: Any, size: int) -> list[Any]:
    if isinstance(values, np.ndarray) and values.dtype.kind != "O" and values.ndim < 3:
        raise ValueError(
            f"{name} has shape {values.shape}, but observations is a list of sequences of unequal length; give a list "
            f"with one array for each of the {size}"
        )
    listed = list(values)
    if len(listed) != size:
        raise ValueError(f"observations has {size} sequences, {name} has {len(listed)}")
    return listed


def _checked_mask(i: int, mask: Any, values: np.ndarray) -> np.ndarray:
    array = np.asarray(mask)
    if array.dtype != np.bool_ or array.shape not in (values.shape[:1], values.shape):
        raise ValueError(
            f"mask[{i}] is {array.dtype} {array.shape}; expected bool {values.shape[:1]} or {values.shape}, "
            "True = observed"
        )
    return array


def _stack(parts: Sequence[np.ndarray], filler: float | bool | None) -> np.ndarray:
    """[N, longest, ...]; the end of shorter parts is the filler, or their last row if it is None."""
    shape = (len(parts), max(map(len, parts)), *parts[0].shape[1:])
    stacked = np.empty(shape, np.result_type(*parts))
    for row, part in zip(stacked, parts):
        row[: len(part)] = part
        row[len(part) :] = part[-1] if filler is None else filler
    return stacked
