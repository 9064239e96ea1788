"""KL warm-up: the regularizer's weight rises to one over the first epochs."""

from collections.abc import Collection, Mapping

import tensorflow as tf

from gpvae_tf.objectives import Objective
from gpvae_tf.types import Bound


class KLWarmUp(Objective):
    """-(reconstruction + beta_e regularizer), beta_e = min(1, e / epochs) in epoch e = 1, 2, ... (Bowman et al., 2016).

    The logged ELBO, and so everything that is decided by it, has weight 1 always. With steps_per_epoch = 1 the weight
    rises with every step.

    Args:
      epochs: until the full weight; 0 for the full weight at once.
      steps_per_epoch: training steps in an epoch.
      exempt: names of the bound's parts that have the full weight from the start.

    Raises:
      ValueError: if epochs is negative or steps_per_epoch below 1; at the first step, if the bound lacks a part.
    """

    def __init__(self, epochs: int, steps_per_epoch: int, *, exempt: Collection[str] = ()):
        super().__init__(name="kl_warm_up")
        if epochs < 0:
            raise ValueError(f"epochs must be >= 0, got {epochs}")
        if steps_per_epoch < 1:
            raise ValueError(f"steps_per_epoch must be >= 1, got {steps_per_epoch}")
        self.epochs, self.steps_per_epoch, self.exempt = epochs, steps_per_epoch, tuple(exempt)
        aggregation = tf.VariableAggregation.ONLY_FIRST_REPLICA
        self.steps = tf.Variable(0, trainable=False, dtype=tf.int64, aggregation=aggregation, name="steps")

    @property
    def beta(self) -> tf.Tensor:
        """The weight at the current step, float32."""
        if self.epochs == 0:
            return tf.constant(1.0)
        epoch = tf.cast(self.steps // self.steps_per_epoch + 1, tf.float32)
        return tf.minimum(epoch / self.epochs, 1.0)

    def __call__(self, bound: Bound) -> tf.Tensor:
        absent = [name for name in self.exempt if name not in bound.parts]
        if absent:
            raise ValueError(f"exempt has {absent}; the bound's parts are {sorted(bound.parts)}")
        full = sum((bound.parts[name] for name in self.exempt), start=tf.zeros_like(bound.regularizer))
        beta = tf.cast(self.beta, bound.regularizer.dtype)
        return -(bound.reconstruction + full + beta * (bound.regularizer - full))

    def update(self, bound: Bound) -> None:
        self.steps.assign_add(1)

    def logs(self) -> Mapping[str, tf.Tensor]:
        return {"beta": self.beta}
