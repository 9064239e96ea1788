"""Early stopping on a validation split; the best weights are variables of the model, so a resumed run has them."""

import math
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.checks import check_not_negative
from gpvae_tf.training.divergence import TrainingDiverged
from gpvae_tf.training.workers import WorkerGroup


class NoBestWeights(TrainingDiverged, ValueError):
    """No epoch had a finite validation loss."""


class BestWeights(tf.Module):
    """Copies of a model's trainable variables at its best validation loss, and how long ago that was.

    Args:
      model: built.
    """

    def __init__(self, model: keras.Model):
        super().__init__(name="best_weights")
        self.loss = tf.Variable(math.inf, trainable=False, dtype=tf.float64, name="loss")
        self.waited = tf.Variable(0, trainable=False, dtype=tf.int64, name="waited")
        self.copies = [tf.Variable(v, trainable=False, name="copy") for v in model.trainable_variables]

    def keep(self, model: keras.Model) -> None:
        """Copies the model's weights."""
        _copy(model.trainable_variables, self.copies)

    def restore(self, model: keras.Model) -> float:
        """Gives the model its best weights; returns their validation loss.

        Raises:
          NoBestWeights: if there was no epoch with a finite loss yet.
        """
        if not math.isfinite(float(self.loss.numpy())):
            raise NoBestWeights("there are no best weights yet: no epoch had a finite validation loss")
        _copy(self.copies, model.trainable_variables)
        return float(self.loss.numpy())


def track_best_weights(model: keras.Model) -> BestWeights:
    """Makes best weights part of a built model, as `model.best_weights`, and so of its checkpoints."""
    with model.distribute_strategy.scope():
        model.best_weights = BestWeights(model)
    return model.best_weights


class BestWeightsStopping(keras.callbacks.Callback):
    """Ends training when the validation loss has not improved for more than `patience` epochs in a row.

    As in jmtomczak/vae_vampprior and CP-VAE's code: the loss is the negative ELBO with full weights, warm-up or not;
    the best weights are kept whenever it improves; epochs before `first_epoch` are not counted as waiting; and a loss
    that is not a number ends training, which is an error.

    Args:
      best: of the model to be trained, which `track_best_weights` gave it.
      data: the validation split, which must not be the test split.
      loss: maps the model and the split to nats per image.
      patience: epochs, >= 0.
      first_epoch: the first one that is counted, from 1; the length of a warm-up.
      first_best: the first one whose weights may be kept, from 1; before it, some of the model is not trained yet.

    Raises:
      ValueError: if the split is the test split, or a number is negative.
      TrainingDiverged: at the end of training, if the loss is not a number.
    """

    def __init__(
        self,
        best: BestWeights,
        data: Any,
        loss: Callable[[keras.Model, Any], float],
        *,
        patience: int = 50,
        first_epoch: int = 0,
        first_best: int = 0,
    ):
        super().__init__()
        if getattr(data, "name", None) == "test":
            raise ValueError("data is the test split; a run must be stopped on images it is not scored on (validation)")
        check_not_negative(patience=patience, first_epoch=first_epoch, first_best=first_best)
        self.best, self._data, self._loss, self._patience = best, data, loss, patience
        self._first_epoch, self._first_best = max(first_epoch, first_best), first_best
        self._newest = math.inf  # validation loss
        self._everyone: WorkerGroup | None = None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Evaluates the split; adds "stopping_loss" and "best_loss" to the logs."""
        if self._everyone is None:
            self._everyone = WorkerGroup(self.model.distribute_strategy)
        loss = self._newest = self._everyone.first(self._loss(self.model, self._data))
        if loss < float(self.best.loss.numpy()) and epoch + 1 >= self._first_best:
            self.best.loss.assign(loss)
            self.best.waited.assign(0)
            self.best.keep(self.model)
        else:
            self.best.waited.assign(int(self.best.waited.numpy()) + 1 if epoch + 1 >= self._first_epoch else 0)
        if logs is not None:
            logs |= {"stopping_loss": loss, "best_loss": float(self.best.loss.numpy())}
        if self.is_over or math.isnan(loss):
            self.model.stop_training = True

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Refuses a training that ended because the loss is not a number."""
        if math.isnan(self._newest):
            best = float(self.best.loss.numpy())
            kept = f"the best weights, of loss {best:.5g}, are kept" if math.isfinite(best) else "no weights are kept"
            raise TrainingDiverged(
                f"training ended: after step {self.model.num_steps:,} the validation loss is not a number; {kept}"
            )

    @property
    def is_over(self) -> bool:
        """Whether training has ended, also where that was in a run that is being resumed."""
        return int(self.best.waited.numpy()) > self._patience


def _copy(source: list[tf.Variable], target: list[tf.Variable]) -> None:
    for old, new in zip(source, target, strict=True):
        new.assign(tf.convert_to_tensor(old))
