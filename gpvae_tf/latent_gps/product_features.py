"""Features of the product kernel "any view kernel times a linear object kernel", with finitely many views (GPPVAE).

K = V V^T holds exactly at the Q training views: row i of V is vec(v_d (outer) row w of L_W), with v_d the object's
vector and L_W the Cholesky factor of the view kernel's Q x Q matrix, so H = M Q (Casale et al., 2018; 8 x 15 = 120 in
ratschlab/SVGP-VAE).
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.gp import factorization, linalg, low_rank
from gpvae_tf.latent_gps.kernel_dtype import with_double_precision
from gpvae_tf.saving import Configurable

CLOSE = 1e-5  # views this close are the same: float32 inputs may stand beside float64 views


class Grouping(NamedTuple):
    """Rows of a data set by view, padded to one length.

    Attributes:
      rows: [Q, n] int32; padding is row 0.
      mask: [Q, n], False where padded.
    """

    rows: np.ndarray
    mask: np.ndarray


class ProductFeatures(Configurable, tf.Module):
    """phi(w, v) = vec(v (outer) L_W^-1 k(W, w)): phi(w, v) . phi(w', v') = k(w, w') <v, v'> at training views.

    At a training view L_W^-1 k(W, w) is the row of L_W. At any other it is the part of the GP over views that the
    training views determine. What is left, (k(w, w') - k(w, W) k(W, W)^-1 k(W, w')) <v, v'>, is independent of every
    latent at a training view: it adds to prior and posterior covariance alike, and to no mean. So predictions at new
    views are exact.

    Args:
      view_kernel: k, any psd kernel of batch shape [] on the view columns.
      views: W, the distinct views of the training set, [Q] or [Q, number of view columns], radians for angles; in the
        units of the features that a model makes of its inputs, scaled if it has a `scaling`.
      normalize: scale object vectors to length one (the cosine, `--object_kernel_normalize`).
      jitter: added to the Q x Q matrix, relative to its mean diagonal; 0 is off.

    Raises:
      TypeError: if `view_kernel` is no psd kernel.
      ValueError: if it has a channel dimension, or `views` is empty, not finite, or has a view twice.
    """

    def __init__(
        self, view_kernel: kernels.Kernel, views: np.ndarray, *, normalize: bool = False, jitter: float = 1e-9
    ):
        super().__init__(name="product_features")
        view_kernel = with_double_precision(view_kernel, "view_kernel")
        if kernels.num_channels(view_kernel) is not None:
            raise ValueError(f"view_kernel must serve all channels, got batch shape {tuple(view_kernel.batch_shape)}")
        points = np.asarray(views, np.float64)
        points = points[:, np.newaxis] if points.ndim == 1 else points
        if points.ndim != 2 or points.size == 0:
            raise ValueError(f"views must be [Q] or [Q, view columns] with Q >= 1, got shape {np.shape(views)}")
        if not np.all(np.isfinite(points)):
            raise ValueError("views has entries that are not finite")
        if len(np.unique(points, axis=0)) < len(points):
            raise ValueError(f"views must be distinct, got {len(np.unique(points, axis=0))} among {len(points)}")
        self.dtype = tf.as_dtype(view_kernel.dtype or tf.float64)
        self.view_kernel, self.views, self.normalize = view_kernel, tf.constant(points, self.dtype), normalize
        self.kernel_parts = kernels.parts(view_kernel)
        self.jitter = factorization.effective_jitter(jitter, self.dtype)

    @property
    def num_views(self) -> int:
        """Q."""
        return int(self.views.shape[0])

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """Features [..., n, M Q] of inputs [..., n, D], view columns first, then the object vector."""
        view, vector = self._split(x)
        outer = vector[..., :, tf.newaxis] * self._view_features(view)[..., tf.newaxis, :]  # [..., n, M, Q]
        return tf.reshape(outer, tf.concat([tf.shape(x)[:-1], [vector.shape[-1] * self.num_views]], axis=0))

    def group(self, inputs: np.ndarray) -> Grouping:
        """The rows of training inputs [N, D], view columns first, by view.

        Raises:
          ValueError: see `view_numbers`.
        """
        nearest = self.view_numbers(inputs, "train_inputs")
        mask = np.arange(np.bincount(nearest).max()) < np.bincount(nearest, minlength=self.num_views)[:, np.newaxis]
        rows = np.zeros(mask.shape, np.int32)
        rows[mask] = np.argsort(nearest, kind="stable")
        return Grouping(rows, mask)

    def view_numbers(self, inputs: np.ndarray, name: str) -> np.ndarray:
        """Which of `views` those of inputs [N, D], called `name`, are, [N].

        Raises:
          ValueError: if one is none of them: the features do not have the kernel there.
        """
        view = np.asarray(inputs, np.float64)[:, np.newaxis, : self.views.shape[-1]]
        distance = np.max(np.abs(view - np.asarray(self.views, np.float64)), axis=-1)  # [N, Q]
        missing = np.unique(view[~(np.min(distance, axis=1) <= CLOSE)], axis=0)
        if len(missing):
            raise ValueError(
                f"{name} has {len(missing)} views that the features lack, such as {missing[0, 0]}; expected `views`, "
                "outside which only predictions can be made"
            )
        return np.argmin(distance, axis=1)

    def grouped_statistics(self, x: tf.Tensor, z: tf.Tensor, mask: tf.Tensor) -> low_rank.LowRankStatistics:
        """Statistics of V and Z for rows in the order of a grouping, x [Q, n, D], z [Q, n, L]; V is not formed."""
        return low_rank.grouped_statistics(self._split(x)[1], self._view_features(self.views), z, mask)

    def residual_variance(self, x: tf.Tensor) -> tf.Tensor:
        """Prior variance that the features lack, [..., n]; at training views zero but for the jitter."""
        view, vector = self._split(x)
        lacking = self.view_kernel.apply(view, view) - tf.reduce_sum(tf.square(self._view_features(view)), axis=-1)
        return tf.maximum(lacking, 0.0) * tf.reduce_sum(tf.square(vector), axis=-1)

    def residual_covariance(self, x: tf.Tensor) -> tf.Tensor:
        """Prior covariance that the features lack, [..., n, n]."""
        view, vector = self._split(x)
        features = self._view_features(view)
        lacking = kernels.covariance(self.view_kernel, view, view) - tf.matmul(features, features, transpose_b=True)
        return lacking * tf.matmul(vector, vector, transpose_b=True)

    def _split(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """View columns and object vectors."""
        columns = self.views.shape[-1]
        view, vector = x[..., :columns], x[..., columns:]
        return view, tf.math.l2_normalize(vector, axis=-1) if self.normalize else vector

    def _view_features(self, view: tf.Tensor) -> tf.Tensor:
        """L_W^-1 k(W, w), [..., n, Q]."""
        k_ww = kernels.covariance(self.view_kernel, self.views, self.views)
        factor = factorization.cholesky(k_ww, name="the view kernel at the training views", jitter=self.jitter)
        flat = tf.reshape(view, [-1, view.shape[-1]])
        k_wn = kernels.covariance(self.view_kernel, self.views, flat)
        features = tf.linalg.matrix_transpose(linalg.solve_lower(factor, k_wn))
        return tf.reshape(features, tf.concat([tf.shape(view)[:-1], [self.num_views]], axis=0))
