"""The one import of Keras.

TFP parameters (`TransformedVariable`, `psd_kernels`) held by a Keras 3 model are not tracked and silently never train,
and TFP has no plan to leave Keras 2. So the library uses `tf_keras`, which is released with every TensorFlow, and
nothing in it imports `tf.keras`.
"""

import inspect
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Any, TypeAlias

import tensorflow as tf
import tf_keras as keras


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


if _minor(tf.__version__) != _minor(keras.__version__):
    raise ImportError(
        f"tensorflow {tf.__version__} and tf-keras {keras.__version__} must share a minor version: "
        f"pip install 'tf-keras=={_minor(tf.__version__)}.*'"
    )

Network: TypeAlias = Any  # a tf_keras layer or model, or a callable tf.Module; see `check_network`


def check_network(network: Network, name: str) -> Network:
    """The network, if its weights will be tracked and trained.

    Args:
      network: the candidate encoder or decoder.
      name: the argument's name, for the message.

    Raises:
      TypeError: if `network` is not callable, or is neither a tf_keras layer or model nor a `tf.Module`.
    """
    if not isinstance(network, tf.Module) or not callable(network):
        raise TypeError(
            f"{name} must be a tf_keras layer or model, or a callable tf.Module, so that its weights are tracked and "
            f"trained; got {type(network).__module__}.{type(network).__name__}. A Keras 3 model (tf.keras, keras) is "
            "neither: build it with `import tf_keras`."
        )
    return network


def is_built(network: tf.Module) -> bool:
    """Whether all layers of a network have their variables, which Keras makes in the first call if it has no input."""
    parts = (network, *network.submodules)
    return all(part.built for part in parts if isinstance(part, keras.layers.Layer))


def build(network: Network, name: str, shape: Sequence[int | None]) -> None:
    """Makes the variables of a network that has none yet, by one call: optimizer, checkpoint and callbacks need them.

    Args:
      network: an encoder, a decoder or another network of a model; one that is built is left alone.
      name: the argument's name, for the message.
      shape: of one of its inputs; None for a size that is not known.

    Raises:
      ValueError: if it cannot be called without that size.
    """
    if is_built(network):
        return
    if None not in shape:
        network(tf.zeros([1, *shape]))
        return
    try:
        network(keras.Input(shape))
    except (ValueError, TypeError) as error:
        sizes = ", ".join("n" if size is None else str(size) for size in shape)
        raise ValueError(
            f"{name} has no weights yet, and needs the size n of its inputs [N, {sizes}] to make them: let it begin "
            f"with tf_keras.layers.Input(({sizes})), or call it once"
        ) from error


class TrainingMode:
    """A block in which `call` lets networks train: batch normalisation takes a batch's own moments, dropout drops.

    Replicas run in threads of their own, so each has its own mode.
    """

    _current = threading.local()

    def __enter__(self) -> None:
        self._before = self.is_on()
        self._current.on = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._current.on = self._before

    @classmethod
    def is_on(cls) -> bool:
        """Whether this thread is in such a block."""
        return getattr(cls._current, "on", False)


def call(network: Network, inputs: Any) -> tf.Tensor:
    """A network on its inputs, with training=True inside of `TrainingMode` if it takes that."""
    if TrainingMode.is_on() and _takes_training(network):
        return network(inputs, training=True)
    return network(inputs)


def _takes_training(network: Network) -> bool:
    function = network.call if isinstance(network, keras.layers.Layer) else network.__call__
    return "training" in inspect.signature(function).parameters


def widened(output: tf.Tensor) -> tf.Tensor:
    """A network's output in float32 if it is in half precision, else as it is."""
    is_half = getattr(output, "dtype", None) in (tf.float16, tf.bfloat16)  # several outputs are for others to refuse
    return tf.cast(output, tf.float32) if is_half else output


def apply_flat(network: Network, tensor: tf.Tensor, *, event_ndims: int) -> tf.Tensor:
    """Applies a network of one leading dimension to a tensor of any number of them.

    What several outputs are is left as it is, for `checks.check_shape` to refuse.
    """
    lead = tf.shape(tensor)[:-event_ndims]
    event = tensor.shape[-event_ndims:]
    output = call(network, tf.reshape(tensor, [-1, *event]))
    if isinstance(output, (list, tuple, dict)):
        return output
    result = tf.reshape(output, tf.concat([lead, tf.shape(output)[1:]], axis=0))
    result.set_shape([*tensor.shape[:-event_ndims], *output.shape[1:]])
    return result


__all__ = ["Network", "TrainingMode", "apply_flat", "build", "call", "check_network", "is_built", "keras", "widened"]
