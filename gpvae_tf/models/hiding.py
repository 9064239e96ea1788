"""Observations hidden from the encoder in training, so that a model learns how well it predicts what it does not see.

A posterior q(Z | y_C) given some of the data, C, is as good a variational distribution as any:

    log p(y) >= sum_i E_{q(Z | y_C)}[log p(y_i | z_i)] - KL(q(Z | y_C) || p(Z)),

the sum over all observed data. With C = all of them, which is the usual bound, the encoder has seen every value that
the decoder is asked for, and the observation noise that is learned is that of a reconstruction. It is smaller than the
error at what is missing, whose intervals are then too narrow.
"""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from gpvae_tf.checks import check_fraction
from gpvae_tf.entry_masks import as_one, over_events
from gpvae_tf.replicas import draws
from gpvae_tf.saving import Configurable
from gpvae_tf.types import Batch, Bound


@dataclasses.dataclass(frozen=True)
class Hiding(Configurable):
    """How much of the observed data a training step hides from the encoder.

    Attributes:
      points: probability of a whole point, in [0, 1).
      entries: probability of a single entry, in [0, 1).

    Raises:
      ValueError: if a probability is outside [0, 1).
    """

    points: float = 0.0
    entries: float = 0.0

    def __post_init__(self):
        for name, value in dataclasses.asdict(self).items():
            check_fraction(f"hiding.{name}", value)

    def __bool__(self) -> bool:
        return self.points > 0.0 or self.entries > 0.0

    @classmethod
    def of(cls, value: "Hiding | Sequence[float]") -> "Hiding":
        """A `Hiding` as it is, or the one that two probabilities make.

        Raises:
          ValueError: if they are not two, or one is outside [0, 1).
        """
        if isinstance(value, Hiding):
            return value
        if len(value) != 2:
            raise ValueError(f"hiding must be two probabilities, of points and of entries, got {value!r}")
        return cls(*value)

    def context(
        self, batch: Batch, event_ndims: int, seed: tf.Tensor, first_channels: np.ndarray | None = None
    ) -> Batch:
        """The batch as the encoder is to see it: its mask lacks what is hidden.

        Args:
          batch: with or without a mask.
          event_ndims: number of an observation's axes.
          seed: stateless seed [2].
          first_channels: which channels are one value, and hidden as one; see `Likelihood.first_channels`.
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
            known = over_events(known, observations.shape.rank) & as_one(kept, first_channels)
        return {**batch, "mask": known}


class HidesData:
    """Mixed into a model, in front of it: it trains on the bound of all data given what `hiding` leaves of them.

    A subclass sets `_hiding` to what is `possible`, and gives `elbo_given`.

    Attributes:
      can_hide: whether that has a meaning for the model.
    """

    can_hide = True
    event_ndims: int
    first_channels: np.ndarray
    elbo_given: Callable[..., Bound]
    _hiding: Hiding

    @property
    def hiding(self) -> Hiding:
        """What a training step hides from the encoder; two numbers that are assigned count from the next step on."""
        return self._hiding

    @hiding.setter
    def hiding(self, value: Hiding | Sequence[float]) -> None:
        self._hiding = self.possible(value)

    def possible(self, value: Hiding | Sequence[float]) -> Hiding:
        """What is to be hidden, if the model can hide it.

        Raises:
          ValueError: if the model cannot hide anything, or see `Hiding.of`.
        """
        hiding = Hiding.of(value)
        if hiding and not self.can_hide:
            raise ValueError(f"hiding has no meaning for {type(self).__name__}, got {value}")
        return hiding

    def training_bound(self, batch: Batch, seed: tf.Tensor) -> Bound:
        """`elbo`, with the posterior given what `hiding` leaves."""
        if not self.hiding:
            return super().training_bound(batch, seed)  # type: ignore[misc]
        hiding_seed, seed = tf.unstack(tf.random.split(seed))
        given = self.hiding.context(batch, self.event_ndims, hiding_seed, self.first_channels)
        return self.elbo_given(given, batch, seed)
