"""The experiments' optimizer: Adam with the authors' constants, clipping, and the guard against non-finite steps."""

from gpvae_tf._keras import keras
from gpvae_tf.checks import check_choice
from gpvae_tf.flags.choices import PRECISIONS
from gpvae_tf.models import FusedAdam
from gpvae_tf.models.trainer.nonfinite import skip_nonfinite


def make_optimizer(
    learning_rate: float | keras.optimizers.schedules.LearningRateSchedule = 1e-3,
    *,
    precision: str = "float32",
    clip_value: float | None = None,
    clip_norm: float | None = None,
    kind: type[keras.optimizers.Adam] = FusedAdam,
) -> keras.mixed_precision.LossScaleOptimizer:
    """Adam with epsilon 1e-8 that skips non-finite steps (`models.trainer.nonfinite.skip_nonfinite`).

    The loss is scaled in mixed_float16 only.

    Args:
      learning_rate: Adam's step size, or its schedule.
      precision: one of `flags.choices.PRECISIONS`.
      clip_value: clips every gradient entry to [-clip_value, clip_value], or None.
      clip_norm: scales all gradients together down to this norm, after `clip_value`, or None.
      kind: Adam or a variant of it.

    Raises:
      ValueError: on an unknown precision.
    """
    check_choice("precision", precision, PRECISIONS)
    clipping = dict(clipvalue=clip_value, global_clipnorm=clip_norm)
    adam = kind(learning_rate, epsilon=1e-8, jit_compile=False, **clipping)
    return skip_nonfinite(adam, adapt_scale=precision == "mixed_float16")
