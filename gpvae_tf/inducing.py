"""Inducing-point locations: variables or constants, and their initialisers."""

import numpy as np
import tensorflow as tf
from scipy.stats import gaussian_kde

from gpvae_tf.checks import at_least_one
from gpvae_tf.saving import Configurable


class NoDensity(ValueError):
    """Vectors that a kernel density estimate cannot be made of."""


class InducingPoints(Configurable, tf.Module):
    """Locations U of the inducing points, one set for all latent channels or one per channel.

    Args:
      locations: [m, D], shared, or [L, m, D], one set per channel.
      trainable: whether the locations are learned.
      dtype: dtype of the stored variable; cast up where the kernel algebra starts.

    Raises:
      ValueError: if the array is empty, has another rank, or is not finite, or points become one in the dtype.
    """

    def __init__(self, locations: np.ndarray, *, trainable: bool = False, dtype: str = "float32"):
        super().__init__(name="inducing_points")
        array = np.asarray(locations)
        if array.ndim not in (2, 3) or array.size == 0:
            raise ValueError(f"locations must be [m, D] or [L, m, D] with m >= 1, got shape {array.shape}")
        if not np.all(np.isfinite(array)):
            raise ValueError("locations has entries that are not finite")
        with np.errstate(over="ignore"):  # what is infinite then is refused
            stored = array.astype(tf.as_dtype(dtype).as_numpy_dtype)
        if not np.all(np.isfinite(stored)) or _num_distinct(stored) < _num_distinct(array):
            raise ValueError(
                f"locations has points that are one, or infinite, in {dtype}: give dtype='float64', or take a common "
                "origin out of inputs such as times in seconds since 1970, as the scaling of the data does"
            )
        self.locations = tf.Variable(array, trainable=trainable, dtype=dtype, name="inducing_points")

    @property
    def num_points(self) -> int:
        """The number m of inducing points in a set."""
        return self.locations.shape[-2]

    @property
    def num_channels(self) -> int | None:
        """L if every channel has its own points, None if they are shared."""
        return self.locations.shape[0] if self.locations.shape.rank == 3 else None

    def __call__(self, dtype: tf.DType) -> tf.Tensor:
        """The locations with a channel axis, [1 or L, m, D], in the dtype of the kernel algebra."""
        points = tf.cast(self.locations, dtype)
        return points if points.shape.rank == 3 else points[tf.newaxis]


def _num_distinct(locations: np.ndarray) -> int:
    """Different rows of points [m, D], or of all channels' [L, m, D], each channel by itself."""
    return sum(len(np.unique(points, axis=0)) for points in locations.reshape(-1, *locations.shape[-2:]))


def grid(
    start: float, stop: float, num: int, *, channels: int | None = None, num_inputs: int | None = None
) -> np.ndarray:
    """Equally spaced 1-D locations, [num, 1], or [channels, num, 1] when every channel gets its own copy.

    Args:
      start, stop: ends, in units of the input.
      num: m.
      channels: number of copies, None for one shared set.
      num_inputs: number of distinct inputs of a data set, if known.

    Raises:
      ValueError: if num < 1, if there are more inducing points than inputs, or the ends are not increasing.
    """
    at_least_one("the number of inducing points m", num)
    if num_inputs is not None and num > num_inputs:
        raise ValueError(f"m = {num} inducing points for {num_inputs} inputs: m must not exceed the number of inputs")
    if not start < stop:
        raise ValueError(f"inducing points need start < stop, got {start} and {stop}")
    points = np.linspace(start, stop, num)[:, np.newaxis]
    return points if channels is None else np.tile(points, (channels, 1, 1))


def views_and_objects(
    views: np.ndarray, object_vectors: np.ndarray, per_view: float, *, seed: int, spread: float | None = None
) -> np.ndarray:
    """Initial inducing points over (view, object vector), [m, V + M], m = round(per_view * number of views).

    Every view gets floor(per_view) points, and the remainder falls on views drawn at random, so any m can be had (the
    authors' int() makes 24 of 16 views unreachable, B9). The vectors are drawn jointly: from a Gaussian kernel density
    estimate over the given vectors (what the authors' one seed for all dimensions amounts to, B11), or, with `spread`,
    from N(0, spread^2).

    Args:
      views: distinct views, [A] numbers such as angles in radians, or [A, V] vectors of poses.
      object_vectors: [n, M], one per training image.
      per_view: points per view, > 0; may be a fraction.
      seed: random seed of the draws.
      spread: standard deviation of vectors that do not look at the data; None for the density estimate.

    Raises:
      ValueError: if per_view leaves no point or a shape is wrong.
      NoDensity: if there are M vectors or fewer, or they lie in fewer dimensions.
    """
    views, vectors = np.asarray(views, np.float64), np.asarray(object_vectors, np.float64)
    if views.ndim not in (1, 2) or vectors.ndim != 2:
        raise ValueError(
            f"views and object_vectors must be [A] or [A, V], and [n, M], got shapes {views.shape}, {vectors.shape}"
        )
    views = views.reshape(len(views), -1)
    num = round(per_view * len(views))
    if num < 1:
        raise ValueError(f"per_view = {per_view} leaves no inducing point on {len(views)} views")
    rng = np.random.default_rng(seed)
    whole, rest = divmod(num, len(views))
    at = np.concatenate([np.tile(views, (whole, 1)), rng.permutation(views)[:rest]])
    if spread is not None:
        drawn = rng.normal(0.0, spread, (num, vectors.shape[1]))
    else:
        drawn = _density_of(vectors).resample(num, seed=rng).T
    return np.concatenate([at, drawn], axis=1)


def _density_of(vectors: np.ndarray) -> gaussian_kde:
    num, dim = len(np.unique(vectors, axis=0)), vectors.shape[1]
    if np.linalg.matrix_rank(vectors - vectors.mean(axis=0)) == dim:
        return gaussian_kde(vectors.T)
    raise NoDensity(
        f"object_vectors has {num} different vectors, which do not fill their {dim} dimensions, so that they have no "
        "density to draw from: give fewer dimensions, or spread, which draws without looking at them"
    )
