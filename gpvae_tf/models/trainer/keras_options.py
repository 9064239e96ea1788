"""Options of Keras' `compile` and `fit` without an effect on a model trained on a bound, or with the opposite one."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf._keras import keras

_OF_OUTPUTS = ("loss", "metrics", "loss_weights", "weighted_metrics")
_OF_TARGETS = ("y", "sample_weight", "class_weight")
_GROWING = ("elbo", "reconstruction", "log_marginal_likelihood")


def check_compile_options(options: Mapping[str, Any]) -> None:
    """Refuses what Keras computes of a network's outputs and targets: these models have neither.

    Raises:
      TypeError: naming the options.
    """
    if given := [name for name in _OF_OUTPUTS if options.get(name) is not None]:
        raise TypeError(
            f"compile takes no {', '.join(given)}: a model is trained on its bound, as its objective= says, and logs "
            "its parts; gpvae_tf.evaluation has scores of predictions"
        )


def check_fit_options(data: Any, options: Mapping[str, Any]) -> None:
    """Refuses options of `fit` that would have no effect, and callbacks that are none or would do the wrong thing.

    Raises:
      TypeError, ValueError: see `check_data_options`, `check_array_options`, `check_callbacks` and `check_monitors`.
    """
    check_data_options("fit", options)
    check_array_options("fit", data, options)
    check_callbacks(options.get("callbacks"))
    check_monitors(options.get("callbacks"))


def check_data_options(verb: str, options: Mapping[str, Any]) -> None:
    """Refuses targets and weights, which Keras computes losses of outputs with.

    Args:
      verb: the method that they were given to.
      options: by name; None for what was not given.

    Raises:
      TypeError: naming the options.
    """
    if given := [name for name in _OF_TARGETS if options.get(name) is not None]:
        raise TypeError(
            f"{verb} takes no {', '.join(given)}: a model is trained on the bound of the observations in x, in which "
            "every data set counts alike; what should not count is left out by its 'mask'"
        )


def check_array_options(verb: str, data: Any, options: Mapping[str, Any]) -> None:
    """Refuses what Keras does to arrays alone, where the data come in batches: it would have no effect.

    Args:
      verb: the method that they were given to.
      data: what it is called on; a dictionary of arrays may be cut as the options say.
      options: by name; None for what was not given.

    Raises:
      TypeError: naming the option, and what to do instead.
    """
    if isinstance(data, Mapping):
        return
    if options.get("batch_size") is not None:
        raise TypeError(
            f"{verb} takes no batch_size of data that come in batches: it is theirs, as data.from_arrays(batch_size=) "
            "and tf.data's batch() make them"
        )
    if options.get("validation_split"):
        raise TypeError(f"{verb} takes no validation_split of data that come in batches: give validation_data")


def check_callbacks(callbacks: Any) -> None:
    """Refuses what is no callback of tf_keras, such as one of Keras 3, which cannot read a model of tf_keras.

    Raises:
      TypeError: naming its class, and what to import.
    """
    for callback in _listed(callbacks):
        if not isinstance(callback, keras.callbacks.Callback):
            kind = type(callback)
            raise TypeError(
                f"callbacks has a {kind.__module__}.{kind.__qualname__}, which is no tf_keras.callbacks.Callback: "
                f"import tf_keras, and take tf_keras.callbacks.{_namesake(kind)}"
            )


def continues_a_fit(callbacks: Any) -> bool:
    """Whether one of the callbacks goes on with a training that was interrupted, so that fewer steps may be left."""
    return any(isinstance(callback, keras.callbacks.BackupAndRestore) for callback in _listed(callbacks))


def _listed(callbacks: Any) -> list[Any]:
    """The callbacks in what `fit` was given: None, one, several, or a `CallbackList`."""
    found = tf.nest.flatten(getattr(callbacks, "callbacks", callbacks))
    return [callback for callback in found if callback is not None]


def _namesake(kind: type) -> str:
    """The name of a class, if tf_keras.callbacks has one that is called so; else "Callback"."""
    return kind.__name__ if hasattr(keras.callbacks, kind.__name__) else "Callback"


def check_monitors(callbacks: Any) -> None:
    """Refuses callbacks that take the smallest value of a bound for the best, as Keras' mode="auto" does.

    Args:
      callbacks: what `fit` was given as `callbacks`.

    Raises:
      ValueError: naming the callback and what it monitors.
    """
    for callback in _listed(callbacks):
        monitor, better = getattr(callback, "monitor", None), getattr(callback, "monitor_op", None)
        if not getattr(callback, "save_best_only", True):  # a ModelCheckpoint that keeps every epoch's weights
            continue
        if str(monitor).removeprefix("val_") in _GROWING and callable(better) and np.any(better(-1e30, 1e30)):
            raise ValueError(
                f'{type(callback).__name__}(monitor="{monitor}") takes the smallest value for the best, and this one '
                'grows as training goes well: give mode="max"'
            )


def penalties(model: tf.Module) -> list[tf.Tensor]:
    """What `add_loss` of a model and of its layers, regularisers included, adds to its loss; empty if none has any.

    `Model.losses` of Keras misses layers within plain `tf.Module`s, such as a posterior family's encoder. A layer that
    two networks share counts once, with what it added when its network was last called.
    """
    layers = [part for part in (model, *model.submodules) if isinstance(part, keras.layers.Layer)]
    added = [loss for layer in layers for loss in layer._eager_losses]  # `_losses` are of Keras' own graph
    of_weights = [penalty() for layer in layers for penalty in layer._callable_losses]
    # A function may return None, and a layer of a loaded model has a sentence: its loss is among its parent's.
    return [loss for loss in (*added, *of_weights) if tf.is_tensor(loss)]
