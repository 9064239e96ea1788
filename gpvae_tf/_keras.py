"""The one import of Keras.

TFP parameters (`TransformedVariable`, `psd_kernels`) held by a Keras 3 model are not tracked and silently never train,
and TFP has no plan to leave Keras 2. So the library uses `tf_keras`, which is released with every TensorFlow, and
nothing in it imports `tf.keras`.
"""

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


def apply_flat(network: Network, tensor: tf.Tensor, *, event_ndims: int) -> tf.Tensor:
    """Applies a network of one leading dimension to a tensor of any number of them."""
    lead = tf.shape(tensor)[:-event_ndims]
    event = tensor.shape[-event_ndims:]
    output = network(tf.reshape(tensor, [-1, *event]))
    result = tf.reshape(output, tf.concat([lead, tf.shape(output)[1:]], axis=0))
    result.set_shape([*tensor.shape[:-event_ndims], *output.shape[1:]])
    return result


__all__ = ["Network", "apply_flat", "check_network", "keras"]
