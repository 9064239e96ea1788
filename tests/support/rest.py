"""What TensorFlow Serving's REST interface documents of requests and responses, for tests: JSON to tensors and back.

It is no server and shares no code with one; it keeps to the documented forms: rows ("instances", every input and output
with the same first axis), columns ("inputs"), {"b64": ...} for bytes, and {"error": ...} for what is refused.
"""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

PATH = re.compile(r"/v1/models/(?P<name>[^/:]+)(?:/versions/(?P<version>\d+))?:predict")


class Refused(ValueError):
    """What a server answers with an error."""


def answer(signatures: Mapping[str, Any], body: bytes) -> dict[str, Any]:
    """The response to a request's body.

    Raises:
      Refused: with the message of the error.
    """
    request = json.loads(body)
    name = request.get("signature_name", "serving_default")
    if name not in signatures:
        raise Refused(f'Serving signature name: "{name}" not found in signature def')
    function = signatures[name]
    specs = function.structured_input_signature[1]
    if ("instances" in request) == ("inputs" in request):
        raise Refused("Missing 'inputs' or 'instances' key" if "inputs" not in request else "Both keys are given")
    rows = "instances" in request
    given = _of_rows(request["instances"], specs) if rows else _of_columns(request["inputs"], specs)
    if set(given) != set(specs):
        raise Refused(f"input size does not match signature: {sorted(given)}; expected {sorted(specs)}")
    try:
        found = function(**given)
    except tf.errors.InvalidArgumentError as error:
        raise Refused(str(error)) from error
    outputs = {key: value.numpy().tolist() for key, value in found.items()}
    return {"predictions": _as_rows(outputs)} if rows else {"outputs": _alone(outputs)}


def _of_rows(instances: list[Any], specs: Mapping[str, tf.TensorSpec]) -> dict[str, tf.Tensor]:
    if not isinstance(instances, list) or not instances:
        raise Refused("'instances' must be a list with at least one element")
    if not all(isinstance(row, dict) and "b64" not in row for row in instances):
        instances = [{name: row} for row in instances for name in specs] if len(specs) == 1 else []
    if not instances or any(row.keys() != instances[0].keys() for row in instances):
        raise Refused("every element of 'instances' must be an object with the same keys")
    return {name: _tensor(name, [row[name] for row in instances], specs) for name in instances[0]}


def _of_columns(inputs: Any, specs: Mapping[str, tf.TensorSpec]) -> dict[str, tf.Tensor]:
    if not isinstance(inputs, dict) or "b64" in inputs:
        inputs = {name: inputs for name in specs} if len(specs) == 1 else {}
    return {name: _tensor(name, value, specs) for name, value in inputs.items()}


def _tensor(name: str, value: Any, specs: Mapping[str, tf.TensorSpec]) -> tf.Tensor:
    if name not in specs:
        raise Refused(f"JSON key {name} is no input of the signature")
    spec = specs[name]
    try:
        array = np.array(_with_bytes(value))
    except ValueError as error:
        raise Refused(f"key: {name}: the lists in it have unequal lengths") from error
    kinds = {"f": "fiu", "i": "iu", "b": "b", "O": "OSU"}[np.dtype(spec.dtype.as_numpy_dtype).kind]
    if array.dtype.kind not in kinds and array.size:
        raise Refused(f"key: {name}: JSON value is not of expected type: {spec.dtype.name}")
    if not spec.shape.is_compatible_with(array.shape):
        raise Refused(f"key: {name}: shape {array.shape} is not that of the signature, {spec.shape}")
    return tf.constant(array.tolist() if array.dtype.kind in "OSU" else array, spec.dtype)


def _with_bytes(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_bytes(part) for part in value]
    return base64.b64decode(value["b64"]) if isinstance(value, dict) and set(value) == {"b64"} else value


def _as_rows(outputs: Mapping[str, Any]) -> list[Any]:
    sizes = {key: len(value) if isinstance(value, list) else None for key, value in outputs.items()}
    if len(set(sizes.values())) > 1 or None in sizes.values():
        raise Refused(f"outputs have inconsistent batch sizes {sizes}: ask for columns ('inputs')")
    return [_alone({key: value[row] for key, value in outputs.items()}) for row in range(next(iter(sizes.values())))]


def _alone(outputs: Mapping[str, Any]) -> Any:
    """A single output is given without its name."""
    return next(iter(outputs.values())) if len(outputs) == 1 else dict(outputs)
