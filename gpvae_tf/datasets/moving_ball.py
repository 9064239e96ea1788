"""The moving ball (Pearce, 2020): videos of a disc whose path is drawn from a Gaussian process.

x(t) and y(t) are independent GPs with kernel exp(-(t - t')^2 / (2 l^2)); a position p is drawn at pixel p * size/5 +
size/2, and a pixel is 1 within `radius` of it. Frames are [size, size, 1], times 1, ..., num_frames. Nothing is stored:
batch k of seed s is a pure function of (s, k), so a stream can start anywhere and a test set is its seed.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from gpvae_tf.checks import check_positive
from gpvae_tf.data.row_batches import prefetched_map

_TRAIN, _TEST = 0, 1  # separate streams of one seed


@dataclasses.dataclass(frozen=True)
class MovingBall:
    """A distribution over videos of a moving ball.

    Attributes:
      num_frames: frames per video.
      length_scale: l of the path's kernel, in frames.
      size: image height and width, pixels.
      radius: radius of the ball, pixels.
      batch_size: videos per batch.
    """

    num_frames: int = 30
    length_scale: float = 2.0
    size: int = 32
    radius: float = 3.0
    batch_size: int = 35

    def __post_init__(self):
        check_positive(**dataclasses.asdict(self))

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(H, W, C) of a frame."""
        return (self.size, self.size, 1)

    @property
    def times(self) -> np.ndarray:
        """Frame times 1, ..., num_frames, [num_frames, 1] float32."""
        return np.arange(1, self.num_frames + 1, dtype=np.float32)[:, np.newaxis]

    def _path_factor(self) -> np.ndarray:
        """Cholesky factor of the paths' covariance; the jitter 1e-5 is the authors'."""
        gap = self.times - self.times.T
        kernel = np.exp(-0.5 * np.square(gap.astype(np.float64) / self.length_scale))
        return np.linalg.cholesky(kernel + 1e-5 * np.eye(self.num_frames)).astype(np.float32)

    def paths(self, seed: tf.Tensor) -> tf.Tensor:
        """One batch of paths, [batch_size, num_frames, 2] (x to the right, y down), in units of the GP."""
        noise = tf.random.stateless_normal([self.batch_size, self.num_frames, 2], seed)
        return tf.einsum("ts,bsd->btd", tf.constant(self._path_factor()), noise)

    def render(self, paths: tf.Tensor) -> tf.Tensor:
        """Frames [..., size, size, 1], float32 zeros and ones, of paths [..., 2]."""
        pixels = tf.range(self.size, dtype=paths.dtype)
        squared = tf.square(pixels - (paths[..., tf.newaxis] * (self.size / 5) + self.size / 2))  # [..., 2, size]
        distance = squared[..., 0, tf.newaxis, :] + squared[..., 1, :, tf.newaxis]  # rows are y
        return tf.cast(distance < self.radius**2, tf.float32)[..., tf.newaxis]

    def batch(self, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        """A batch {"observations", "inputs", "paths"}; "paths" are the true ones, for evaluation."""
        paths = self.paths(seed)
        inputs = tf.tile(tf.constant(self.times)[tf.newaxis], [self.batch_size, 1, 1])
        return {"observations": self.render(paths), "inputs": inputs, "paths": paths}

    def stream(self, seed: int, start: int = 0) -> tf.data.Dataset:
        """Endless training batches {"observations", "inputs"} of a seed, beginning with number `start`."""

        def make(index: tf.Tensor) -> dict[str, tf.Tensor]:
            batch = self.batch(_batch_seed(seed, _TRAIN, index))
            return {"observations": batch["observations"], "inputs": batch["inputs"]}

        return prefetched_map(tf.data.Dataset.counter(start=start), make)

    def test_set(self, seed: int, num_batches: int = 10) -> tf.data.Dataset:
        """The fixed test batches of a seed, with their true paths."""
        numbers = tf.data.Dataset.range(num_batches)
        return numbers.map(lambda index: self.batch(_batch_seed(seed, _TEST, index)))


def _batch_seed(seed: int, stream: int, index: tf.Tensor) -> tf.Tensor:
    return tf.random.fold_in(tf.constant([seed, stream], tf.int32), tf.cast(index, tf.int32))


def circle_path(num_frames: int) -> np.ndarray:
    """Two rings of radius 1 and 2 about a centre point, padded with the centre: [num_frames, 2], at least 19 frames."""
    ring = lambda n, r: r * np.stack([np.sin(2 * np.pi * np.arange(n) / n), np.cos(2 * np.pi * np.arange(n) / n)], -1)
    return _pad(np.concatenate([np.zeros((1, 2)), ring(8, 1.0), ring(10, 2.0)]), num_frames, "circle")


def square_path(num_frames: int) -> np.ndarray:
    """A 5 x 5 grid of points with spacing 1, padded with the centre: [num_frames, 2], at least 25 frames."""
    axis = np.arange(-2.0, 3.0)
    return _pad(np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2), num_frames, "square")


PATHS = {"circle": circle_path, "square": square_path}


def _pad(points: np.ndarray, num_frames: int, name: str) -> np.ndarray:
    if num_frames < len(points):
        raise ValueError(f"the {name} picture needs at least {len(points)} frames, got {num_frames}")
    return np.concatenate([points, np.zeros((num_frames - len(points), 2))]).astype(np.float32)
