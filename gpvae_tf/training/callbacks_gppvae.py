"""The callback that keeps the latent bank of a GPPVAE fresh."""

from collections.abc import Iterable, Mapping
from typing import Any

import tensorflow as tf

from gpvae_tf._keras import keras


class RefreshLatents(keras.callbacks.Callback):
    """Encodes the whole training set at the beginning of every epoch whose stage needs it (`GPPVAE.refresh`).

    What an evaluation just encoded, at the same step, is not encoded again; the draws would be the same.

    Args:
      batches: the training set with "index", to be iterated once an epoch (not a generator, which ends for good).
    """

    def __init__(self, batches: Iterable[Mapping[str, tf.Tensor]]):
        super().__init__()
        self._batches = batches

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Refreshes, unless the bank is of this very step."""
        if not self.model.ignores_gp and int(self.model.bank.filled_at.numpy()) != self.model.num_steps:
            self.model.refresh(self._batches)
