"""Observations hidden from the encoder in training, so that a model learns how well it predicts what it does not see.

A posterior q(Z | y_C) given some of the data, C, is as good a variational distribution as any:

    log p(y) >= sum_i E_{q(Z | y_C)}[log p(y_i | z_i)] - KL(q(Z | y_C) || p(Z)),

the sum over all observed data. With C = all of them, which is the usual bound, the encoder has seen every value that
the decoder is asked for, and the observation noise that is learned is that of a reconstruction. It is smaller than the
error at what is missing, whose intervals are then too narrow.
"""

from typing import NamedTuple

import tensorflow as tf

from gpvae_tf.checks import check_fraction
from gpvae_tf.entry_masks import over_events
from gpvae_tf.replicas import draws
from gpvae_tf.types import Batch


class Hiding(NamedTuple):
    """How much of the observed data a training step hides from the encoder.

    Attributes:
      points: probability of a whole point, in [0, 1).
      entries: probability of a single entry, in [0, 1).
    """

    points: float = 0.0
    entries: float = 0.0

    def __bool__(self) -> bool:
        return self.points > 0.0 or self.entries > 0.0

    def check(self) -> "Hiding":
        """Itself.

        Raises:
          ValueError: if a probability is outside [0, 1).
        """
        for name, value in self._asdict().items():
            check_fraction(f"hiding.{name}", value)
        return self

    def context(self, batch: Batch, event_ndims: int, seed: tf.Tensor) -> Batch:
        """The batch as the encoder is to see it: its mask lacks what is hidden.

        Args:
          batch: with or without a mask.
          event_ndims: number of an observation's axes.
          seed: stateless seed [2].
        """
        observations = tf.convert_to_tensor(batch["observations"])
        shape = tf.shape(observations)
        lead = shape[: observations.shape.rank - event_ndims]
        point_seed, entry_seed = tf.unstack(tf.random.split(seed))
        mask = batch.get("mask")
        known = tf.ones(lead, tf.bool) if mask is None else tf.cast(mask, tf.bool)
        if self.points:
            kept = draws.uniform(lead, point_seed) >= self.points
            known = known & over_events(kept, known.shape.rank)
        if self.entries:
            kept = draws.uniform(shape, entry_seed) >= self.entries
            known = over_events(known, observations.shape.rank) & kept
        return {**batch, "mask": known}
