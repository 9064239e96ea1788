"""The products of networks' layers and nothing else: what a training step cannot do without."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from gpvae_tf.networks.layers import UpsampledConv2D


def products(network: Any) -> int:
    """Multiplications of a Keras network per image: every weight of a kernel once per pixel that its layer gives."""
    return sum(map(_products, _layers(network)))


def products_of_step(networks: Sequence[Any], see_images: Sequence[Any], batch_size: int) -> int:
    """Multiplications of the layers of Keras networks in a training step.

    The backward pass has as many as the forward pass for the gradients of the weights, and as many for those of the
    layers' inputs, which the first layers do not need if these are images.

    Args:
      networks: each with a batch of its own.
      see_images: those of them whose input has no gradient.
      batch_size: inputs of every network.
    """
    first = sum(_products(_layers(network)[0]) for network in see_images)
    return batch_size * (3 * sum(map(products, networks)) - first)


def products_alone(networks: Sequence[Any], see_images: Sequence[Any], batch_size: int) -> Callable[[], object]:
    """A function that computes these products on made-up numbers and waits for them: no bias, activation or optimizer.

    Args:
      networks, see_images, batch_size: see `products_of_step`.
    """
    layers = [
        (layer, network in see_images and i == 0) for network in networks for i, layer in enumerate(_layers(network))
    ]
    made: dict[tuple[int, ...], tf.Tensor] = {}  # maps of one shape are shared, since their values do not matter

    def numbers(shape: Sequence[int]) -> tf.Tensor:
        key = (batch_size, *shape)
        if key not in made:
            made[key] = tf.random.stateless_normal(key, (0, len(made)))
        return made[key]

    cases = []
    for layer, is_first in layers:
        kernel, shape = tf.constant(layer.kernel), layer.output_shape[1:]
        if isinstance(layer, UpsampledConv2D):  # four times the filters on the small map
            kernel, shape = tf.tile(kernel, [1, 1, 1, 4]), (*layer.input_shape[1:3], 4 * shape[-1])
        stride = layer.strides[0] if kernel.shape.rank == 4 else None
        cases.append((numbers(layer.input_shape[1:]), kernel, numbers(shape), stride, is_first))

    @tf.function
    def compute() -> list[tf.Tensor]:
        found = []
        for inputs, kernel, upstream, stride, is_first in cases:
            sources = [kernel] if is_first else [kernel, inputs]
            with tf.GradientTape() as tape:
                tape.watch(sources)
                output = inputs @ kernel if stride is None else tf.nn.conv2d(inputs, kernel, stride, "SAME")
            found += [part[0] for part in (output, *tape.gradient(output, sources, output_gradients=upstream))]
        return found

    return lambda: compute()[-1].numpy()


def _layers(network: Any) -> list[Any]:
    return [layer for layer in network.layers if hasattr(layer, "kernel")]


def _products(layer: Any) -> int:
    return math.prod(layer.kernel.shape) * math.prod(layer.output_shape[1:-1])
