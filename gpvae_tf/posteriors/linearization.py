"""A decoder's output together with its exact Jacobian, in two ways.

Both return the output [B, P] and tangents [B, L, P], whose row l is the derivative of the output in z_l.
"""

import tensorflow as tf

from gpvae_tf._keras import Network, keras

_SLOPES_BELOW_0 = {keras.activations.linear: 1.0, keras.activations.relu: 0.0}


def dense_tangents(decoder: keras.Sequential, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The product of weights, each masked by which units are on (VLAE; Park et al., 2019), for dense decoders.

    Args:
      decoder: a Sequential that `check_dense` accepts.
      z: [B, L].
    """
    output, tangents = z, tf.eye(z.shape[-1], batch_shape=tf.shape(z)[:1], dtype=z.dtype)
    for layer in decoder.layers:
        if isinstance(layer, keras.layers.Dense):
            kernel = tf.cast(layer.kernel, z.dtype)
            output, tangents = tf.matmul(output, kernel), tf.matmul(tangents, kernel)
            if layer.use_bias:
                output += tf.cast(layer.bias, z.dtype)
        slope = tf.where(output > 0.0, tf.ones_like(output), _slope_below_zero(layer))
        output, tangents = slope * output, slope[:, tf.newaxis] * tangents
    return output, tangents


def check_dense(decoder: object) -> None:
    """Refuses a decoder that `dense_tangents` cannot take apart.

    Raises:
      ValueError: unless it is a Sequential of dense layers and (leaky) ReLUs; reshaping is allowed.
    """
    layers = decoder.layers if isinstance(decoder, keras.Sequential) else []
    wrong = [layer.name for layer in layers if _slope_below_zero(layer) is None]
    if wrong or not layers:
        found = f"it has {', '.join(wrong)}" if wrong else f"it is a {type(decoder).__name__}"
        raise ValueError(
            "decoder cannot be linearised by its weights, which takes a tf_keras Sequential of Dense layers with relu, "
            f"LeakyReLU or no activation: {found}. For any other decoder choose jacobian='forward'."
        )


def _slope_below_zero(layer: keras.layers.Layer) -> float | None:
    """The slope that a layer's activation has below 0; above it is 1. None if the layer is of another kind."""
    if isinstance(layer, (keras.layers.InputLayer, keras.layers.Reshape, keras.layers.Flatten)):
        return 1.0
    if isinstance(layer, keras.layers.LeakyReLU):
        return float(layer.alpha)
    if isinstance(layer, (keras.layers.Dense, keras.layers.Activation)):
        return _SLOPES_BELOW_0.get(layer.activation)
    if isinstance(layer, keras.layers.ReLU) and layer.max_value is None and not layer.threshold:
        return float(layer.negative_slope)
    return None


def forward_tangents(decoder: Network, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Jacobian-vector products in all L directions at once, by one pass over B L copies; for any decoder.

    Args:
      decoder: latents [N, L] -> [N, ...], differentiable, no image depending on another.
      z: [B, L].
    """
    latent_dim = z.shape[-1]
    copies = tf.repeat(z, latent_dim, axis=0)
    directions = tf.tile(tf.eye(latent_dim, dtype=z.dtype), [tf.shape(z)[0], 1])
    with tf.autodiff.ForwardAccumulator(copies, directions) as accumulator:
        output = decoder(copies)
    size = output.shape[1:].num_elements()
    tangents = tf.reshape(accumulator.jvp(output), [-1, latent_dim, size])
    return tf.reshape(output, [-1, latent_dim, size])[:, 0], tangents
