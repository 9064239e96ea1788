"""Training steps whose gradients are not all finite never reach the weights: they are skipped and counted."""

from collections.abc import Sequence

import tensorflow as tf

from gpvae_tf._keras import keras

_NEVER = 2**31 - 1


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
      ValueError: if it is not the name of one.
    """
    if isinstance(optimizer, str):
        try:
            optimizer = keras.optimizers.get(optimizer)
        except ValueError as error:
            raise ValueError(f"optimizer must be a tf_keras optimizer or its name, got {optimizer!r}") from error
    if isinstance(optimizer, keras.mixed_precision.LossScaleOptimizer):
        return optimizer
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        kind, is_class = type(optimizer), isinstance(optimizer, type)
        what = f"the class {optimizer.__name__}" if is_class else f"a {kind.__module__}.{kind.__name__}"
        raise TypeError(f"optimizer must be a tf_keras optimizer or its name, got {what}")
    options = {} if adapt_scale else dict(initial_scale=1.0, dynamic_growth_steps=_NEVER)
    return keras.mixed_precision.LossScaleOptimizer(optimizer, **options)


def share_of_skipped_step(gradients: Sequence[tf.Tensor | None]) -> tf.Tensor:
    """1 / replicas if a gradient on any replica has an entry that is not finite, and the step is skipped; else 0."""
    finite = [tf.reduce_all(tf.math.is_finite(tf.convert_to_tensor(g))) for g in gradients if g is not None]
    bad = 1.0 - tf.cast(tf.reduce_all(finite), tf.float32)
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return bad
    anywhere = tf.minimum(context.all_reduce(tf.distribute.ReduceOp.SUM, bad), 1.0)
    return anywhere / float(context.num_replicas_in_sync)
