"""Optimizers that never let a non-finite step reach the weights."""

from gpvae_tf._keras import keras

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16", "float64")
_NEVER = 2**31 - 1


def make_optimizer(
    learning_rate: float | keras.optimizers.schedules.LearningRateSchedule = 1e-3,
    *,
    precision: str = "float32",
    clip_value: float | None = None,
    clip_norm: float | None = None,
    kind: type[keras.optimizers.Adam] = keras.optimizers.Adam,
) -> keras.mixed_precision.LossScaleOptimizer:
    """Adam behind Keras' loss-scale guard, which skips a step if any gradient on any replica is not finite.

    In mixed_float16 the loss is scaled dynamically; its first steps may be skipped while the scale settles. Otherwise
    the scale stays 1 and only the guard remains. `optimizer.iterations` counts skipped steps too.

    Args:
      learning_rate: Adam's.
      precision: one of `PRECISIONS`.
      clip_value: clips every gradient entry to [-clip_value, clip_value], or None.
      clip_norm: scales all gradients together down to this norm, or None.
      kind: Adam or a variant of it.

    Raises:
      ValueError: on an unknown precision.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}, got {precision!r}")
    clipping = dict(clipvalue=clip_value, global_clipnorm=clip_norm)
    adam = kind(learning_rate, epsilon=1e-8, jit_compile=False, **clipping)
    return keras.mixed_precision.LossScaleOptimizer(adam) if precision == "mixed_float16" else guarded(adam)


def guarded(optimizer: keras.optimizers.Optimizer | str) -> keras.mixed_precision.LossScaleOptimizer:
    """Any Keras optimizer behind the guard alone (scale 1); one that has a loss scale already is returned as it is.

    Raises:
      TypeError: if it is no tf_keras optimizer.
    """
    optimizer = keras.optimizers.get(optimizer) if isinstance(optimizer, str) else optimizer
    if isinstance(optimizer, keras.mixed_precision.LossScaleOptimizer):
        return optimizer
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        kind = f"{type(optimizer).__module__}.{type(optimizer).__name__}"
        raise TypeError(f"optimizer must be a tf_keras optimizer or its name, got {kind}")
    return keras.mixed_precision.LossScaleOptimizer(optimizer, initial_scale=1.0, dynamic_growth_steps=_NEVER)
