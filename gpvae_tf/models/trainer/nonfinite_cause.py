"""What was not finite in a training step, said after the compiled step that could not say it."""

import contextlib
from typing import Protocol

import tensorflow as tf

from gpvae_tf.gp.factorization import FactorizationError
from gpvae_tf.types import Batch, Bound

SETTLING = 30  # steps in which float16 finds its loss scale, some ten as a rule
ADVICE = "Try a smaller learning rate, clipped encoder variances, or clipped gradients."


class NothingTrained(ArithmeticError):
    """All steps of a training were skipped."""


class Trained(Protocol):
    """A model that checks a batch and has a bound of it."""

    def check_batch(self, batch: Batch) -> None:
        """Refuses a batch that cannot be trained on."""

    def elbo(self, batch: Batch) -> Bound:
        """The bound."""


def cause(model: Trained, batch: Batch, name: str = "the batch") -> str:
    """A sentence of what is wrong with a step on a batch: the batch, a matrix without a factor, or the bound's parts.

    Args:
      model: as it was before the step.
      batch: of the step.
      name: what the sentence calls the batch.
    """
    causes, bound = [], None
    try:
        with contextlib.suppress(FactorizationError):  # which the bound names
            model.check_batch(batch)
    except ValueError as error:
        causes.append(f"{name}: {error}")
    try:
        bound = model.elbo(batch)
    except (FactorizationError, ValueError) as error:
        if not any(str(error) in said for said in causes):
            causes.append(str(error))
    if bound is None or causes:
        return f"Cause: {'; '.join(causes)}"
    parts = ", ".join(f"{name} {float(tf.reduce_mean(value)):.4g}" for name, value in bound.parts.items())
    reconstruction = float(tf.reduce_mean(bound.reconstruction))
    return f"Every matrix has a factor; the bound has reconstruction {reconstruction:.4g}, {parts}. {ADVICE}"


def check_trained(model: Trained, taken: int, skipped: int, batch: Batch, *, is_scaled: bool) -> None:
    """Refuses a training that moved nothing: every step was skipped, because its gradients were not finite.

    Args:
      model: after it.
      taken, skipped: steps.
      batch: of the training set.
      is_scaled: whether the loss has a scale that has to settle first.

    Raises:
      NothingTrained: with what is not finite.
    """
    if taken and skipped == taken and not (is_scaled and taken <= SETTLING):
        raise NothingTrained(
            f"all {taken} steps had gradients that were not finite and were skipped, so nothing was trained. "
            f"{cause(model, batch)}"
        )
