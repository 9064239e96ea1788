"""Objects as JSON that says how they were built, recursively, and arrays that stand beside it.

    {"object": "SVGPVAE", "arguments": {"encoder": {"keras": ...}, "kernel": {"tfp": ...}, ...}, "id": 1}

Values of variables are not there, only what they started from: a checkpoint has them. An object that occurs twice is
written once and then named by its number, {"same_as": 1}, so that what was shared is shared again.
"""

import functools
import math
import types
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.saving import keras_objects, tfp_objects
from gpvae_tf.saving.configurable import Configurable, SavingError, arguments_of, attributes_of, is_recorded, name_of

REGISTER = "decorate the class or function with @gpvae_tf.saving.register, so that it can be found and built again"
_PLAIN_KINDS = "biufUSM"  # of NumPy arrays: numbers, truth values, text and dates


class Writer:
    """Writes values; what is shared between several calls of `write` is shared in the result.

    Attributes:
      arrays: by name, what an .npz file has to hold.
      modules: the tf.Modules that were written.
    """

    def __init__(self) -> None:
        self.arrays: dict[str, np.ndarray] = {}
        self.modules: list[tf.Module] = []
        self._numbers: dict[int, int] = {}
        self._alive: list[object] = []  # else an id could come again
        self._owners: dict[int, str] = {}  # by id of a layer: the network that it was written with

    def write(self, value: Any, where: str) -> Any:
        """The value as JSON.

        Args:
          value: plain data, a recorded or registered object, or one of Keras' or TFP's.
          where: what it is, for messages.

        Raises:
          SavingError: in one sentence, if it cannot be written.
        """
        plain, data = _plain(value)
        if plain:
            return data
        if isinstance(value, (np.ndarray, np.generic)):
            return self._array(value, where)
        if isinstance(value, tuple) and not hasattr(value, "_fields"):
            return {"tuple": [self.write(part, f"{where}[{i}]") for i, part in enumerate(value)]}
        if isinstance(value, list):
            return [self.write(part, f"{where}[{i}]") for i, part in enumerate(value)]
        if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
            keras_objects.check(dict(value), where)  # a constructor could hand it to Keras
            return {"dict": {key: self.write(part, f"{where}[{key!r}]") for key, part in value.items()}}
        if isinstance(value, slice):
            return {"slice": [self.write(part, where) for part in (value.start, value.stop, value.step)]}
        if callable(value) and (name := name_of(value)) is not None:
            return {"known": name}
        return self._shared(value, where)

    def _array(self, value: Any, where: str) -> Any:
        array = np.asarray(value)
        if array.dtype.kind not in _PLAIN_KINDS:
            raise SavingError(f"{where} is an array of {array.dtype}, which cannot be written: make it one of numbers")
        if isinstance(value, np.generic) and array.dtype.kind in "biuf":
            return {"scalar": self.write(value.item(), where), "of": array.dtype.name}
        name = f"a{len(self.arrays)}"
        self.arrays[name] = array
        return {"array": name}

    def _shared(self, value: Any, where: str) -> Any:
        """Objects that are written once, and named by their number where they occur again."""
        if id(value) in self._numbers:
            return {"same_as": self._numbers[id(value)]}
        number = self._numbers[id(value)] = len(self._numbers) + 1
        self._alive.append(value)
        if isinstance(value, tf.Module):
            self.modules.append(value)
        return self._object(value, where) | {"id": number}

    def _object(self, value: Any, where: str) -> dict[str, Any]:
        if is_recorded(value):
            name, arguments = name_of(type(value)), arguments_of(value)
            found: dict[str, Any] = {"object": name}
            if arguments.positional:
                found["positional"] = [self.write(v, f"{where}[{i}]") for i, v in enumerate(arguments.positional)]
            attributes = attributes_of(value)
            named = _present(arguments.named, attributes)
            found["arguments"] = {key: self.write(part, f"{where}.{key}") for key, part in named.items()}
            if isinstance(value, keras.layers.Layer) and (shapes := value.get_build_config()) is not None:
                found["built_on"] = self.write(shapes, where)
            if attributes:
                found["attributes"] = {key: self.write(part, f"{where}.{key}") for key, part in attributes.items()}
            return found
        is_model = isinstance(value, Configurable) and isinstance(value, keras.Model)  # without a format of Keras'
        if isinstance(value, keras_objects.KERAS_CLASSES) and not is_model:
            self._check_apart(value, where)
            return {"keras": keras_objects.config_of(value, where)}
        if (described := tfp_objects.described(value)) is not None:
            name, remembered = described
            return {"tfp": name, "arguments": {k: self.write(part, f"{where}.{k}") for k, part in remembered.items()}}
        if isinstance(value, tf.Variable):
            written = self._array(value.numpy(), where)
            return {"variable": written, "trainable": value.trainable, "name": value.name.partition(":")[0]}
        if isinstance(value, tf.Tensor):
            return {"tensor": self._array(value.numpy(), where)}
        raise SavingError(f"{where} is {_described(value)}, which cannot be written: {REGISTER}")

    def _check_apart(self, network: Any, where: str) -> None:
        """Refuses networks that share a layer, which Keras would write twice."""
        for layer in keras_objects.layers_with_weights(network):
            owner = self._owners.setdefault(id(layer), where)
            if owner != where:
                raise SavingError(
                    f"{owner} and {where} share the layer {layer.name!r}, which Keras cannot write as one: register a "
                    "class that builds both (gpvae_tf.saving.register)"
                )


def _present(arguments: Mapping[str, Any], attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments, of which a module that was replaced since is its successor: its variables are in the model no more."""
    return {k: attributes.get(k, part) if isinstance(part, tf.Module) else part for k, part in arguments.items()}


def _plain(value: Any) -> tuple[bool, Any]:
    """Whether the value is plain data, and how JSON writes it."""
    if value is None or isinstance(value, (bool, str)) or (isinstance(value, int) and type(value) is int):
        return True, value
    if type(value) is float:
        return True, value if math.isfinite(value) else {"float": str(value)}
    if isinstance(value, tf.DType):
        return True, {"dtype": value.name}
    if isinstance(value, tf.TensorShape) and value.is_fully_defined():
        return True, {"tuple": value.as_list()}
    return False, None


def _described(value: object) -> str:
    if isinstance(value, functools.partial):
        return "a functools.partial"
    if isinstance(value, types.FunctionType):
        return "a lambda" if value.__name__ == "<lambda>" else f"the function {value.__module__}.{value.__qualname__}"
    kind = value if isinstance(value, type) else type(value)
    return f"{'' if kind is value else 'a '}{kind.__module__}.{kind.__qualname__}"
