"""Kernels of some input columns, and products over columns."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.kernels.matrices import Kernel, psd_kernels
from gpvae_tf.saving import Configurable


class Normalized(Configurable):
    """Inputs of length one, for `psd_kernels.FeatureTransformed`."""

    def __call__(self, x: tf.Tensor, feature_ndims: int, example_ndims: int) -> tf.Tensor:
        """x / |x| of inputs [..., D]."""
        return tf.math.l2_normalize(x, axis=-1)


class Columns(Configurable):
    """Some columns of the inputs, for `psd_kernels.FeatureTransformed`.

    Args:
      columns: a slice of them, the number of one, or a list of numbers; -1 is the last.

    Raises:
      TypeError: if it is something else.
      ValueError: if the list is empty.
    """

    def __init__(self, columns: slice | int | Sequence[int]):
        self.columns = columns if isinstance(columns, slice) else _numbers(columns)

    def __call__(self, x: tf.Tensor, feature_ndims: int, example_ndims: int) -> tf.Tensor:
        """The columns [..., D'] of inputs [..., D].

        Raises:
          ValueError: if the inputs have none of a slice, or lack one of a list.
        """
        size, came = x.shape[-1], f"inputs or inducing points have {x.shape[-1]} columns"
        if isinstance(self.columns, slice):
            chosen = x[..., self.columns]
            if chosen.shape[-1] == 0:
                first = 0 if self.columns.start is None else self.columns.start
                raise ValueError(f"{came}; a part of the kernel takes those from number {first}")
            return chosen
        lacking = [number for number in self.columns if size is not None and not -size <= number < size]
        if lacking:
            raise ValueError(f"{came}; a part of the kernel takes number {lacking[0]}, counted from 0")
        return tf.stack([x[..., number] for number in self.columns], axis=-1)


def on_columns(kernel: Kernel, columns: slice | int | Sequence[int]) -> Kernel:
    """`kernel` applied to some input columns: k'(x, x') = k(x[columns], x'[columns]); see `Columns` for which."""
    return psd_kernels.FeatureTransformed(kernel, Columns(columns))


def _numbers(columns: Any) -> tuple[int, ...]:
    """The numbers of one column or several."""
    several = columns if isinstance(columns, (list, tuple)) else [columns]
    if not all(isinstance(number, (int, np.integer)) and not isinstance(number, bool) for number in several):
        raise TypeError(f"columns must be a slice, a whole number or a list of whole numbers, got {columns!r}")
    if not several:
        raise ValueError(f"columns is {columns!r}; expected one number or more")
    return tuple(int(number) for number in several)


def view_object(view: Kernel, obj: Kernel, *, view_columns: int = 1) -> Kernel:
    """The product kernel k_view(w, w') k_object(v, v') on inputs whose first `view_columns` columns are the view."""
    return on_columns(view, slice(0, view_columns)) * on_columns(obj, slice(view_columns, None))
