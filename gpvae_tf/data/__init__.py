"""Data sets: generators and loaders, one file each; they know nothing of models."""

from gpvae_tf.data.arrays import from_arrays
from gpvae_tf.data.moving_ball import MovingBall

__all__ = ["MovingBall", "from_arrays"]
