"""Requests that a server runs before it lets others in, so that the first of them does not wait: `assets.extra`."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import tensorflow as tf

from gpvae_tf.serving.requests import Argument

FILE = Path("assets.extra") / "tf_serving_warmup_requests"  # where TensorFlow Serving looks for them


class Offers(Protocol):
    """What offers functions, as `Servable` does."""

    functions: dict[str, Any]
    arguments: dict[str, dict[str, Argument]]


def possible() -> bool:
    """Whether TensorFlow Serving's messages are installed: `pip install gpvae_tf[serving]`."""
    return find_spec("tensorflow_serving") is not None


def write(servable: Offers, folder: Path) -> int:
    """Writes the smallest request of every function into a SavedModel, if `possible`.

    A request that the model does not answer is left out, because a server would refuse a SavedModel that has it.

    Args:
      servable: the functions that are in the SavedModel.
      folder: of the SavedModel.

    Returns:
      how many requests were written.
    """
    requests = answered(servable) if possible() else {}
    if requests:
        (folder / FILE).parent.mkdir()
        with tf.io.TFRecordWriter(str(folder / FILE)) as file:
            for name, request in requests.items():
                file.write(serialized(name, request))
    return len(requests)


def answered(servable: Offers) -> dict[str, dict[str, tf.Tensor]]:
    """The smallest request of every function, without those that the model does not answer."""
    found = {}
    for name, arguments in servable.arguments.items():
        request = {key: argument.example_value() for key, argument in arguments.items()}
        try:
            servable.functions[name].get_concrete_function()(*request.values())
        except (tf.errors.OpError, ValueError, TypeError):
            continue
        found[name] = request
    return found


def serialized(signature: str, inputs: Mapping[str, tf.Tensor]) -> bytes:
    """A record of the file: a request with its signature's name, as a server would log it."""
    from tensorflow_serving.apis import prediction_log_pb2

    log = prediction_log_pb2.PredictionLog()
    request = log.predict_log.request
    request.model_spec.signature_name = signature
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    return log.SerializeToString()
