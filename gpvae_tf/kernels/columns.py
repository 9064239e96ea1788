"""Kernels of some input columns, and products over columns."""

import tensorflow as tf

from gpvae_tf.kernels.matrices import Kernel, psd_kernels
from gpvae_tf.saving import Configurable


class Normalized(Configurable):
    """Inputs of length one, for `psd_kernels.FeatureTransformed`."""

    def __call__(self, x: tf.Tensor, feature_ndims: int, example_ndims: int) -> tf.Tensor:
        """x / |x| of inputs [..., D]."""
        return tf.math.l2_normalize(x, axis=-1)


class Columns(Configurable):
    """Some columns of the inputs, for `psd_kernels.FeatureTransformed`."""

    def __init__(self, columns: slice):
        self.columns = columns

    def __call__(self, x: tf.Tensor, feature_ndims: int, example_ndims: int) -> tf.Tensor:
        """The columns [..., D'] of inputs [..., D].

        Raises:
          ValueError: if the inputs have none of them.
        """
        chosen = x[..., self.columns]
        if chosen.shape[-1] == 0:
            first = 0 if self.columns.start is None else self.columns.start
            came = f"inputs or inducing points have {x.shape[-1]} columns"
            raise ValueError(f"{came}; a part of the kernel takes those from number {first}")
        return chosen


def on_columns(kernel: Kernel, columns: slice) -> Kernel:
    """`kernel` applied to some input columns: k'(x, x') = k(x[columns], x'[columns])."""
    return psd_kernels.FeatureTransformed(kernel, Columns(columns))


def view_object(view: Kernel, obj: Kernel, *, view_columns: int = 1) -> Kernel:
    """The product kernel k_view(w, w') k_object(v, v') on inputs whose first `view_columns` columns are the view."""
    return on_columns(view, slice(0, view_columns)) * on_columns(obj, slice(view_columns, None))
