"""Objects built again from what `Writer` wrote: nothing is unpickled, and names lead to known classes only."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.saving import keras_objects, tfp_objects
from gpvae_tf.saving.building import SavingError, known_as


class Reader:
    """Builds values from JSON; objects named by their number are those built before.

    Args:
      arrays: what stands beside the JSON, by name.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray]):
        self._arrays = arrays
        self._built: dict[int, Any] = {}
        self._kinds: dict[str, Callable[[dict], Any]] = {
            "float": lambda entry: float(entry["float"]),
            "dtype": lambda entry: tf.as_dtype(entry["dtype"]),
            "tuple": lambda entry: tuple(self.read(entry["tuple"])),
            "dict": lambda entry: self._named(entry["dict"]),
            "slice": lambda entry: slice(*self.read(entry["slice"])),
            "scalar": lambda entry: np.dtype(entry["of"]).type(self.read(entry["scalar"])),
            "array": lambda entry: self._arrays[entry["array"]],
            "tensor": lambda entry: tf.constant(self.read(entry["tensor"])),
            "variable": self._variable,
            "known": lambda entry: known_as(entry["known"]),
            "same_as": lambda entry: self._built[entry["same_as"]],
            "keras": lambda entry: keras_objects.from_config(entry["keras"]),
            "tfp": lambda entry: tfp_objects.build(entry["tfp"], self._named(entry["arguments"])),
            "object": self._object,
        }

    def read(self, data: Any) -> Any:
        """The value that was written as `data`.

        Raises:
          SavingError: if it is nothing that `Writer` writes, or names a class that is not known.
          Exception: whatever a constructor raises for arguments that it does not take.
        """
        if data is None or isinstance(data, (bool, int, float, str)):
            return data
        if isinstance(data, list):
            return [self.read(part) for part in data]
        kind = next(iter(data), None) if isinstance(data, dict) else None
        if kind not in self._kinds:
            raise SavingError(f"an entry begins with {kind!r}; expected one of {', '.join(self._kinds)}")
        value = self._kinds[kind](data)
        if "id" in data:
            self._built[data["id"]] = value
        return value

    def _named(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise SavingError(f"arguments by name must be an object, got {type(data).__name__}")
        return {name: self.read(part) for name, part in data.items()}

    def _variable(self, entry: dict) -> tf.Variable:
        return tf.Variable(self.read(entry["variable"]), trainable=bool(entry["trainable"]), name=entry["name"])

    def _object(self, entry: dict) -> Any:
        make, positional = known_as(entry["object"]), self.read(entry.get("positional", []))
        value = make(*positional, **self._named(entry["arguments"]))
        if "built_on" in entry:
            value.build_from_config(self.read(entry["built_on"]))
        for name, attribute in self._named(entry.get("attributes", {})).items():
            if name not in getattr(value, "later_attributes", ()):
                raise SavingError(f"{name!r} is no attribute that {entry['object']} lets assign")
            setattr(value, name, attribute)
        return value
