"""Training steps whose gradients are not all finite never reach the weights: they are skipped and counted.

So is a gradient whose square is not finite, which an optimizer that squares gradients cannot take.
"""

import math
from collections.abc import Iterable, Sequence

import numpy as np
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.models.trainer.fused_adam import FusedAdam

_NEVER = 2**31 - 1


class NonFiniteWeights(ArithmeticError):
    """Weights, or the state of an optimizer, are not finite."""


def skip_nonfinite(
    optimizer: keras.optimizers.Optimizer | str, *, adapt_scale: bool = False
) -> keras.mixed_precision.LossScaleOptimizer:
    """A Keras optimizer that skips a step if any gradient on any replica has an entry that is not finite.

    It is Keras' `LossScaleOptimizer`, whose guard this is; `optimizer.iterations` counts skipped steps too.

    Args:
      optimizer: a tf_keras optimizer or its name; one that has a loss scale already is returned as it is.
      adapt_scale: whether the loss is scaled, as float16 needs, by a factor that adapts: the first steps may be skipped
        while it settles. Otherwise the scale stays 1 and only the guard remains.

    Raises:
      TypeError: if it is no tf_keras optimizer.
      ValueError: if it is not the name of one, its learning rate is not finite, it would ignore its `clipvalue`, or it
        takes steps that are not finite (a `LossScaleOptimizer` with dynamic=False).
    """
    if isinstance(optimizer, str):
        optimizer = _named(optimizer)
    if isinstance(optimizer, keras.mixed_precision.LossScaleOptimizer):
        _check_options(optimizer)
        if not optimizer.dynamic:
            raise ValueError(
                "optimizer is a LossScaleOptimizer with dynamic=False, with which Keras takes steps that are not "
                "finite: leave dynamic out"
            )
        return optimizer
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        kind, is_class = type(optimizer), isinstance(optimizer, type)
        what = f"the class {optimizer.__name__}" if is_class else f"a {kind.__module__}.{kind.__name__}"
        is_legacy = isinstance(optimizer, keras.optimizers.legacy.Optimizer)
        hint = ", not one of tf_keras.optimizers.legacy" if is_legacy else ""
        raise TypeError(f"optimizer must be a tf_keras optimizer or its name{hint}, got {what}")
    _check_options(optimizer)
    options = {} if adapt_scale else dict(initial_scale=1.0, dynamic_growth_steps=_NEVER)
    return keras.mixed_precision.LossScaleOptimizer(optimizer, **options)


def _named(name: str) -> keras.optimizers.Optimizer:
    """The optimizer of a name with its own defaults; `keras.optimizers.get` has legacy ones on Apple silicon.

    Raises:
      ValueError: if it is the name of none.
    """
    if name.lower() == "adam":
        return FusedAdam()
    base = keras.optimizers.Optimizer
    classes = {each.__name__.lower(): each for each in vars(keras.optimizers).values() if isinstance(each, type)}
    found = classes.get(name.lower()) or keras.saving.get_registered_object(name)
    if not isinstance(found, type) or not issubclass(found, base) or found is base:
        known = ", ".join(sorted(classes.keys() - {"optimizer"}))
        raise ValueError(f"optimizer must be a tf_keras optimizer or its name, got {name!r}; names are {known}")
    return found()


def _check_options(optimizer: keras.optimizers.Optimizer) -> None:
    rate = float(optimizer.learning_rate.numpy())  # of a schedule, the first one
    if not math.isfinite(rate):
        raise ValueError(f"optimizer has the learning rate {rate}; expected a finite number")
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    norms = [f"{name}={limit}" for name in ("clipnorm", "global_clipnorm") if (limit := _limit(inner, name))]
    if _clips_as_keras(inner) and norms and (limit := _limit(inner, "clipvalue")):
        raise ValueError(
            f"optimizer has clipvalue={limit} and {norms[0]}, of which Keras applies the norm only: give one of them, "
            "or take gpvae_tf.models.FusedAdam, which applies both"
        )


def check_global_norm(optimizer: keras.optimizers.Optimizer, variables: Iterable[tf.Variable]) -> None:
    """Refuses a norm of all gradients together that Keras cannot take: it adds up their squares in one dtype.

    Args:
      optimizer: with a loss scale or without.
      variables: that it is to train.

    Raises:
      ValueError: naming a variable of each dtype.
    """
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    one_of = {variable.dtype: variable.name for variable in variables}
    if len(one_of) > 1 and (limit := _limit(inner, "global_clipnorm")) and _clips_as_keras(inner):
        named = ", ".join(f"{name} in {dtype.name}" for dtype, name in one_of.items())
        raise ValueError(
            f"optimizer has global_clipnorm={limit}, which Keras cannot take of {named}: take "
            "gpvae_tf.models.FusedAdam, which can, or clipnorm, of each variable by itself"
        )


def _clips_as_keras(optimizer: keras.optimizers.Optimizer) -> bool:
    return getattr(type(optimizer), "_clip_gradients", None) is keras.optimizers.Optimizer._clip_gradients


def _limit(optimizer: keras.optimizers.Optimizer, name: str) -> float:
    """An optimizer's clipvalue, clipnorm or global_clipnorm; 0 where it clips nothing, as Keras has it."""
    return max(getattr(optimizer, name, None) or 0.0, 0.0)


def moving_averages(model: keras.Model) -> list[tf.Variable]:
    """What layers keep of the batches they have seen, such as batch normalization, which no gradient moves."""
    layers = [part for part in model.submodules if isinstance(part, keras.layers.Layer)]
    kept = (layer.non_trainable_weights for layer in layers if not isinstance(layer, keras.metrics.Metric))
    found = {variable.ref(): variable for weights in kept for variable in weights}
    return [variable for variable in found.values() if variable.dtype.is_floating and not variable.trainable]


def guard(
    gradients: Sequence[tf.Tensor | None], optimizer: keras.optimizers.Optimizer
) -> tuple[list[tf.Tensor | None], tf.Tensor]:
    """Gradients that make the optimizer skip the step if one of them, or its square, is not finite.

    Adam's second moment and a clipped norm are sums of squares, which a float32 cannot hold for entries above 1.8e19:
    the moment would become infinite, and the weights NaN one step later. Where every entry is clipped to a range
    first, entries of any finite size pass.

    Args:
      gradients: None where a variable has none.
      optimizer: that they are for.

    Returns:
      the gradients, and 1 / replicas if the step is skipped, on this replica or another; else 0.
    """
    given = [gradient for gradient in gradients if gradient is not None]
    if not given:  # which Keras refuses
        return list(gradients), tf.constant(0.0)
    dense = [tf.convert_to_tensor(gradient) for gradient in given]
    if _limit(getattr(optimizer, "inner_optimizer", optimizer), "clipvalue"):
        finite = tf.reduce_all([tf.reduce_all(tf.math.is_finite(gradient)) for gradient in dense])
    else:
        kind = dense[0].dtype
        finite = tf.math.is_finite(2.0 * tf.add_n([tf.cast(tf.nn.l2_loss(gradient), kind) for gradient in dense]))
    marked = [_unless(finite, gradient) if gradient is given[0] else gradient for gradient in gradients]
    return marked, _share(1.0 - tf.cast(finite, tf.float32))


def _unless(finite: tf.Tensor, gradient: tf.Tensor | tf.IndexedSlices) -> tf.Tensor | tf.IndexedSlices:
    """The gradient if `finite`, else NaN."""
    if isinstance(gradient, tf.IndexedSlices):
        return tf.IndexedSlices(_unless(finite, gradient.values), gradient.indices, gradient.dense_shape)
    return tf.where(finite, gradient, tf.constant(math.nan, gradient.dtype))


def _share(bad: tf.Tensor) -> tf.Tensor:
    """1 / replicas if `bad` is 1 on any replica, else 0."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return bad
    anywhere = tf.minimum(context.all_reduce(tf.distribute.ReduceOp.SUM, bad), 1.0)
    return anywhere / float(context.num_replicas_in_sync)


def not_finite(variables: Iterable[tf.Variable]) -> list[str]:
    """Names of the variables that have a value which is not finite."""
    floating = (variable for variable in variables if variable.dtype.is_floating)
    return [variable.name for variable in floating if not np.all(np.isfinite(variable.numpy()))]
