"""Keras' layers, networks and optimizers as JSON, by Keras' own configurations, and only those that are safe to read.

Keras imports whatever module a configuration names, runs what lambdas it holds, and calls any function of TensorFlow
that a layer is named after; so every configuration is checked, when it is written and before it is read: classes of
Keras' public interface and registered ones, and nothing else.
"""

import operator
import re
import types
from collections.abc import Iterator
from typing import Any

from gpvae_tf._keras import keras
from gpvae_tf.saving.configurable import LIBRARY, SavingError, import_package

KERAS_CLASSES = (
    keras.layers.Layer,
    keras.initializers.Initializer,
    keras.regularizers.Regularizer,
    keras.constraints.Constraint,
    keras.optimizers.Optimizer,
    keras.optimizers.schedules.LearningRateSchedule,
    keras.mixed_precision.Policy,
)
_ROOMS = ["models", "layers", "initializers", "regularizers", "constraints", "mixed_precision", "optimizers"]
_ROOMS += ["optimizers.schedules", "optimizers.legacy"]
_CLASSES = {  # all by their full names
    f"keras.{room}.{name}"
    for room in _ROOMS
    for name, found in vars(operator.attrgetter(room)(keras)).items()
    if isinstance(found, type)
} - {"keras.layers.Lambda"}
_LOSS_SCALED = "LossScaleOptimizerV3"
_CLASSES |= {
    "keras.Model",
    "keras.Sequential",
    "tf_keras.src.engine.functional.Functional",  # without a public name, as the next one
    f"tf_keras.src.mixed_precision.loss_scale_optimizer.{_LOSS_SCALED}",
}
_OPERATIONS = {f"tf_keras.src.layers.core.tf_op_layer.{name}" for name in ("TFOpLambda", "SlicingOpLambda")}
_HARMLESS_OPERATION = re.compile(  # TensorFlow's functions that may stand in a functional model: none touches a file
    r"(__operators__|math|nn|linalg)\.\w+|reduce_\w+|abs|broadcast_to|cast|clip_by_value|concat|einsum|exp|expand_dims|"
    r"gather|identity|matmul|maximum|minimum|multiply|one_hot|ones_like|pad|repeat|reshape|reverse|shape|sigmoid|slice|"
    r"split|sqrt|square|squeeze|stack|stop_gradient|subtract|tanh|tensordot|tile|transpose|unstack|where|zeros_like"
)
_ACTIVATIONS = {name for name in dir(keras.activations) if name[0] != "_"} - {"get", "serialize", "deserialize"}
_PLAIN = ("__tensor__", "__numpy__", "__bytes__")
REGISTER_WITH_KERAS = "decorate it with @tf_keras.saving.register_keras_serializable() and give it a get_config method"


def config_of(value: Any, where: str) -> Any:
    """Keras' configuration of an object.

    Args:
      value: an instance of `KERAS_CLASSES`, or one of `keras.activations`.
      where: the argument that it is, for messages.

    Raises:
      SavingError: if it has a lambda in it, or a class that could not be found again.
    """
    for part in _parts(value):
        default = getattr(getattr(part, "get_config", None), "_is_default", False)
        functional = getattr(part, "_is_graph_network", False)
        if default and not functional and not getattr(part, "_auto_get_config", True):
            raise SavingError(
                f"{where} has a {_name(part)}, whose arguments Keras cannot write: give it a get_config method, or "
                "decorate the class with @gpvae_tf.saving.register"
            )
        _check_activation(part, where)
    if any(isinstance(part, keras.layers.Lambda) for part in _parts(value)):  # else Keras would warn of it too
        raise SavingError(
            f"{where} has a Lambda layer, which cannot be written: make it a class, {REGISTER_WITH_KERAS}"
        )
    config = keras.saving.serialize_keras_object(value)
    check(config, where)
    return config


def from_config(config: Any) -> Any:
    """The object of a configuration that `config_of` gave.

    Raises:
      SavingError: if it names anything that `config_of` would not.
    """
    check(config, "the file")
    return _built(config)


def _built(config: Any) -> Any:
    """The object of a configuration that `check` has passed.

    The optimizer in a `LossScaleOptimizer` is made first: that one's `from_config` knows some optimizers only, and
    their legacy classes in the place of others on Apple silicon.
    """
    if isinstance(config, dict) and config.get("class_name") == _LOSS_SCALED and isinstance(config["config"], dict):
        options = dict(config["config"])
        return keras.mixed_precision.LossScaleOptimizer(_built(options.pop("inner_optimizer")), **options)
    return keras.saving.deserialize_keras_object(config, safe_mode=True)


def check(config: Any, where: str) -> None:
    """Refuses a configuration that names a class or function which is neither Keras' own nor registered.

    Raises:
      SavingError: naming it.
    """
    if isinstance(config, (list, tuple)):
        for part in config:
            check(part, where)
    if not isinstance(config, dict):
        return
    if "class_name" in config:
        _check_class(config, where)
    for part in config.values():
        check(part, where)


def _check_activation(layer: Any, where: str) -> None:
    """Refuses a function that Keras would write by a name under which it is not found."""
    for attribute in ("activation", "recurrent_activation"):
        function = getattr(layer, attribute, None)
        if not isinstance(function, types.FunctionType):
            continue
        if keras.saving.get_registered_object(keras.saving.get_registered_name(function)) is function:
            continue
        if getattr(keras.activations, function.__name__, None) is not function:
            what = "lambda" if function.__name__ == "<lambda>" else f"function {function.__qualname__}"
            raise SavingError(
                f"{where} has a {what} for an activation, which Keras could not find again: make it a function and "
                "decorate it with @tf_keras.saving.register_keras_serializable()"
            )


def _check_class(config: dict, where: str) -> None:
    """Refuses an entry by what Keras would find for it.

    Keras goes by the registered name before the module, and by the class name alone where it expects a layer, of which
    its table has more than the module; so neither excuses the other. Without a module it looks names up in other ways.
    """
    module, name, inner = config.get("module"), config["class_name"], config.get("config")
    if not isinstance(name, str):
        raise SavingError(f"{where} has a class whose name is no text but a {type(name).__name__}")
    if name in _PLAIN:
        return
    if name == "__lambda__":
        raise SavingError(f"{where} has a lambda, which cannot be written: make it a function or layer and register it")
    registered = config.get("registered_name", name)
    if name == "function":
        name = str(inner)
        known = _is_registered(inner, types.FunctionType) or (module == "builtins" and name in _ACTIVATIONS)
    elif _registered(registered) is not None:
        name, known = registered, _is_registered(registered, type)
    elif f"{module}.{name}" in _OPERATIONS:
        name = str(inner.get("function")) if isinstance(inner, dict) else name
        known = bool(_HARMLESS_OPERATION.fullmatch(name))
    else:
        known = f"{module}.{name}" in _CLASSES
        if known and isinstance(inner, dict) and isinstance(words := inner.get("vocabulary"), str):
            raise SavingError(f"{where} has a {name} that reads the file {words!r}: give it the words themselves")
    if not known or "module" not in config:
        full = name if module is None else f"{module}.{name}"
        raise SavingError(f"{where} has {full}, which Keras could not find again: {REGISTER_WITH_KERAS}")


def _registered(name: Any) -> Any:
    """What Keras builds for a registered name, None if it knows none."""
    if not isinstance(name, str):
        return None
    if name.startswith(f"{LIBRARY}>") and keras.saving.get_registered_object(name) is None:
        import_package("as_coded")
    return keras.saving.get_registered_object(name)


def _is_registered(name: Any, kind: type) -> bool:
    """Whether a name was registered for a class or a function with `register_keras_serializable`, which puts in a ">".

    What a library adds to Keras' registry by other names may be unsafe: TFP's DistributionLambda unpickles functions.
    """
    return isinstance(_registered(name), kind) and ">" in name


def layers_with_weights(value: Any) -> Iterator[Any]:
    """The layers of a network that own variables, itself included."""
    return (part for part in _parts(value) if getattr(part, "_trainable_weights", ()) or _others(part))


def _others(part: Any) -> Any:
    return getattr(part, "_non_trainable_weights", ())


def _parts(value: Any) -> list[Any]:
    return list(value._flatten_layers()) if isinstance(value, keras.layers.Layer) else [value]


def _name(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"
