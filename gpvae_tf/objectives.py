"""Training objectives, which turn a `Bound` into the scalar that is minimised."""

import abc
import math
from collections.abc import Collection, Mapping

import tensorflow as tf

from gpvae_tf.checks import at_least_one, check_fraction, check_not_negative, check_positive
from gpvae_tf.saving import Configurable
from gpvae_tf.types import Bound


class Objective(Configurable, tf.Module, abc.ABC):
    """Maps a bound, one value per data set, to a loss per data set."""

    @abc.abstractmethod
    def __call__(self, bound: Bound) -> tf.Tensor:
        """The loss of every data set in the batch, same shape as the bound's terms."""

    def validation_loss(self, bound: Bound) -> tf.Tensor:
        """What a validation set is judged by, the same number in every epoch: the loss, or minus the ELBO of an
        objective whose weights move (one that overrides `update`), as losses of two epochs are not comparable then.
        """
        return self(bound) if type(self).update is Objective.update else -bound.elbo

    def update(self, bound: Bound) -> None:
        """Updates the objective's own state after a step; most objectives have none.

        Its variables have `aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA`, as every replica makes the update.
        """
        return None  # AutoGraph warns of a body that is a docstring alone

    def logs(self) -> Mapping[str, tf.Tensor]:
        """The numbers of that state that the logs show, by name."""
        return {}


class BetaELBO(Objective):
    """-(reconstruction + beta * regularizer); beta = 1 is the evidence lower bound.

    Args:
      beta: weight, >= 0.

    Raises:
      ValueError: if beta is negative.
    """

    def __init__(self, beta: float = 1.0):
        super().__init__(name="beta_elbo")
        check_not_negative(beta=beta)
        self.beta = float(beta)

    def __call__(self, bound: Bound) -> tf.Tensor:
        return -(bound.reconstruction + self.beta * bound.regularizer)


class GECO(Objective):
    """Reconstruction as a constraint (Rezende & Viola, 2018): minimise -regularizer subject to C <= 0.

    C = target * num_points - reconstruction, in nats, is what the batch lacks of the reconstruction asked for. The
    loss is (-regularizer + lambda C) / (1 + lambda), and after every step

        C_ma <- decay C_ma + (1 - decay) C / num_points,    log lambda <- clip(log lambda + rate C_ma).

    Both terms are sums in nats, so lambda = 1 is the ELBO, and with a Gaussian likelihood of variance s^2 a fixed
    lambda is the ELBO of variance s^2 / lambda. The bound on lambda keeps the other term in play while the target is
    out of reach; without it lambda grows by a factor every step until it overflows (docs/deviations.md, B18). The
    division by 1 + lambda moves no optimum; without it the gradients grow with lambda, and Adam, whose second moment
    lags behind, takes steps that are far too long.

    Args:
      target: log p(y | z) asked for, nats per data point; `likelihoods.GaussianLikelihood.nats_at` gives it for an MSE.
      decay: decay of the moving average, in [0, 1); the first step sets the average.
      rate: step size of log lambda per nat of C_ma, > 0.
      log_range: lowest and highest log lambda.

    Raises:
      ValueError: naming the argument that is out of its range.
    """

    def __init__(
        self,
        target: float,
        *,
        decay: float = 0.99,
        rate: float = 0.01,
        log_range: tuple[float, float] = (-6.0, 6.0),
    ):
        super().__init__(name="geco")
        if not math.isfinite(target):
            raise ValueError(f"target must be finite, got {target}")
        check_fraction("decay", decay)
        check_positive(rate=rate)
        if not log_range[0] <= 0.0 <= log_range[1]:
            raise ValueError(f"log_range must contain 0, where log lambda starts, got {log_range}")
        self.target, self.decay, self.rate, self.log_range = float(target), decay, rate, log_range
        state = dict(trainable=False, dtype=tf.float32, aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA)
        self.log_multiplier = tf.Variable(0.0, name="log_multiplier", **state)
        self.constraint = tf.Variable(math.nan, name="constraint", **state)  # C_ma; not a number before the first step

    def shortfall(self, bound: Bound) -> tf.Tensor:
        """C of every data set, nats."""
        return self.target * bound.num_points - bound.reconstruction

    def __call__(self, bound: Bound) -> tf.Tensor:
        multiplier = tf.exp(tf.cast(self.log_multiplier, bound.regularizer.dtype))
        return (multiplier * self.shortfall(bound) - bound.regularizer) / (1.0 + multiplier)

    def _per_point(self, bound: Bound) -> tf.Tensor:
        """C / num_points over the (global) batch."""
        totals = tf.stack([tf.reduce_sum(self.shortfall(bound)), tf.reduce_sum(bound.num_points)])
        context = tf.distribute.get_replica_context()
        if context is not None and context.num_replicas_in_sync > 1:
            totals = context.all_reduce(tf.distribute.ReduceOp.SUM, totals)
        return tf.cast(totals[0] / totals[1], tf.float32)

    def update(self, bound: Bound) -> None:
        current = self._per_point(bound)
        first = tf.math.is_nan(self.constraint)
        average = tf.where(first, current, self.decay * self.constraint + (1.0 - self.decay) * current)
        moved = tf.clip_by_value(self.log_multiplier + self.rate * average, *self.log_range)
        finite = tf.math.is_finite(current)  # a bad step leaves no trace
        self.log_multiplier.assign(tf.where(finite, moved, self.log_multiplier))
        self.constraint.assign(tf.where(finite, average, self.constraint))

    def logs(self) -> Mapping[str, tf.Tensor]:
        return {"log_multiplier": self.log_multiplier.read_value(), "constraint": self.constraint.read_value()}


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
        check_not_negative(epochs=epochs)
        at_least_one("steps_per_epoch", steps_per_epoch)
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
