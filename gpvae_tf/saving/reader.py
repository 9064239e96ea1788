"""Objects built again from what `Writer` wrote: nothing is unpickled, and names lead to known classes only."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.saving import keras_objects, tfp_objects
from gpvae_tf.saving.configurable import SavingError, known_as

# What constructors, ours, users', Keras' and TFP's, raise for arguments of other types, shapes and values.
_REFUSALS: tuple[type[Exception], ...] = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    NotImplementedError,
)
_REFUSALS += (tf.errors.OpError,)


class Reader:
    """Builds values from JSON; objects named by their number are those built before.

    Args:
      arrays: what stands beside the JSON, by name.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray]):
        self._arrays = arrays
        self._built: dict[int, Any] = {}
        self._kinds: dict[str, Callable[[dict], Any]] = {
            "float": lambda entry: _made("a float", float, entry["float"]),
            "dtype": lambda entry: _made("a dtype", tf.as_dtype, entry["dtype"]),
            "tuple": lambda entry: tuple(self._list(entry, "tuple")),
            "dict": self._dict,
            "slice": lambda entry: _made("a slice", slice, *self._list(entry, "slice")),
            "scalar": lambda entry: _made("a scalar", _scalar, entry.get("of"), self.read(entry["scalar"])),
            "array": self._array,
            "tensor": lambda entry: _made("a tensor", tf.constant, self.read(entry["tensor"])),
            "variable": self._variable,
            "known": lambda entry: known_as(_text(entry, "known")),
            "same_as": self._same,
            "keras": lambda entry: _made("an object of Keras", keras_objects.from_config, entry["keras"]),
            "tfp": self._tfp,
            "object": self._object,
        }

    def read(self, data: Any) -> Any:
        """The value that was written as `data`.

        Raises:
          SavingError: if it is nothing that `Writer` writes, names a class that is not known, or arguments that a
            constructor refuses.
        """
        if data is None or isinstance(data, (bool, int, float, str)):
            return data
        if isinstance(data, list):
            return [self.read(part) for part in data]
        kind = next(iter(data), None) if isinstance(data, dict) else None
        if kind not in self._kinds:
            raise SavingError(f"an entry begins with {kind!r}; expected one of {', '.join(self._kinds)}")
        value = self._kinds[kind](data)
        if isinstance(number := data.get("id"), int):
            self._built[number] = value
        return value

    def _named(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise SavingError(f"arguments by name must be an object, got {type(data).__name__}")
        return {name: self.read(part) for name, part in data.items()}

    def _dict(self, entry: dict) -> dict[str, Any]:
        """A dictionary; where a constructor hands it to Keras, it is a configuration like any other."""
        value = self._named(entry["dict"])
        _made("a dictionary", keras_objects.check, value, "the file")
        return value

    def _list(self, entry: dict, name: str) -> list[Any]:
        value = self.read(entry.get(name, []))
        if not isinstance(value, list):
            raise SavingError(f"the entry {name!r} must be a list, got {type(value).__name__}")
        return value

    def _array(self, entry: dict) -> np.ndarray:
        name = _text(entry, "array")
        if name not in self._arrays:
            raise SavingError(f"there is no array {name!r}; there are {', '.join(self._arrays) or 'none'}")
        return self._arrays[name]

    def _same(self, entry: dict) -> Any:
        number = entry["same_as"]
        if not isinstance(number, int) or number not in self._built:
            raise SavingError(f"there is no object number {number!r} before it is named again")
        return self._built[number]

    def _variable(self, entry: dict) -> tf.Variable:
        value, name = self.read(entry["variable"]), _text(entry, "name")
        return _made("a variable", tf.Variable, value, trainable=bool(entry.get("trainable")), name=name)

    def _tfp(self, entry: dict) -> Any:
        name = _text(entry, "tfp")
        return _made(f"{name} of TFP", tfp_objects.build, name, self._named(entry.get("arguments")))

    def _object(self, entry: dict) -> Any:
        name, positional = _text(entry, "object"), self._list(entry, "positional")
        value = _made(name, known_as(name), *positional, **self._named(entry.get("arguments")))
        if "built_on" in entry:
            _made(name, lambda shapes: value.build_from_config(shapes), self.read(entry["built_on"]))
        for attribute, part in self._named(entry.get("attributes", {})).items():
            if attribute not in getattr(value, "later_attributes", ()):
                raise SavingError(f"{attribute!r} is no attribute that {name} lets assign")
            _made(name, setattr, value, attribute, part)
        return value


def _text(entry: dict, name: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str):
        raise SavingError(f"the entry {name!r} must be a text, got {value!r}")
    return value


def _scalar(kind: Any, value: Any) -> Any:
    return np.dtype(kind).type(value)


def _made(what: str, make: Callable, *arguments: Any, **named: Any) -> Any:
    """What a constructor makes of the arguments of a file, which a damaged file can fill with anything.

    Raises:
      SavingError: if it refuses them. What it says of the machine, such as that memory is out, passes.
    """
    try:
        return make(*arguments, **named)
    except tf.errors.ResourceExhaustedError:
        raise
    except SavingError:
        raise
    except _REFUSALS as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise SavingError(f"{what} cannot be built of its arguments: {reason}") from error
