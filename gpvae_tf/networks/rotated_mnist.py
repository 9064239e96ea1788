"""Networks of rotated MNIST: the authors' (SVGP-VAE and FGP-VAE), wider ones, and the one that represents an object.

The decoder is what limits the authors' error: 3,417 parameters, whose pixels end in an ELU. In the wider networks dense
layers make a 7 x 7 map, which is upsampled twice, and pixels end in a sigmoid, which cannot be driven to where it has
no gradient.
"""

from gpvae_tf._keras import keras
from gpvae_tf.networks.layers import Entries, UpsampledConv2D, output_dtype


def mnist_encoder(latent_dim: int = 16, *, conditions: int = 0, policy: str = "float32") -> keras.Model:
    """Rotated-MNIST encoder: three 3 x 3 convolutions of 8 filters and stride 2 (28-13-6-2), ELU, 2L linear.

    2,304 parameters at L = 16 (SVGP-VAE and FGP-VAE code). With `conditions` (CVAE), that many constant planes follow
    the pixels as channels, and their values join the features before the last layer.
    """
    inputs = keras.Input((28, 28, 1 + conditions), dtype=output_dtype(policy))
    hidden = inputs
    for _ in range(3):
        hidden = keras.layers.Conv2D(8, 3, strides=2, activation="elu", dtype=policy)(hidden)
    hidden = keras.layers.Flatten(dtype=policy)(hidden)
    if conditions:
        values = Entries(1, dtype=output_dtype(policy))(inputs)
        hidden = keras.layers.Concatenate(dtype=policy)([hidden, values])
    outputs = keras.layers.Dense(2 * latent_dim, dtype=output_dtype(policy))(hidden)
    return keras.Model(inputs, outputs, name="mnist_encoder")


def mnist_decoder(latent_dim: int = 16, *, conditions: int = 0, policy: str = "float32") -> keras.Model:
    """Rotated-MNIST decoder: 128 linear, then three upsampled 3 x 3 convolutions (4-8-14-28).

    3,417 parameters at L = 16; ELU throughout, on the output too, so pixels lie in (-1, inf) under a Gaussian
    likelihood. With `conditions` (CVAE), the last entries of the input are also planes before the first convolution.
    """
    inputs = keras.Input((latent_dim + conditions,), dtype=output_dtype(policy))
    hidden = keras.layers.Dense(128, dtype=policy)(inputs)
    hidden = keras.layers.Reshape((4, 4, 8), dtype=policy)(hidden)
    if conditions:
        values = Entries(latent_dim, dtype=output_dtype(policy))(inputs)
        planes = keras.layers.RepeatVector(16, dtype=policy)(values)
        planes = keras.layers.Reshape((4, 4, conditions), dtype=policy)(planes)
        hidden = keras.layers.Concatenate(dtype=policy)([hidden, planes])
    for filters, padding, of_layer in ((8, "same", policy), (8, "valid", policy), (1, "same", output_dtype(policy))):
        hidden = UpsampledConv2D(filters, padding=padding, activation="elu", dtype=of_layer)(hidden)
    return keras.Model(inputs, hidden, name="mnist_decoder")


def wide_encoder(
    latent_dim: int = 16, *, conditions: int = 0, filters: int = 16, policy: str = "float32"
) -> keras.Model:
    """Images [N, 28, 28, 1 + conditions] -> [N, 2L]: three 3 x 3 convolutions of stride 2 (28-14-7-4), ELU, linear.

    Args:
      latent_dim: L.
      conditions: constant planes that follow the pixels as channels (CVAE).
      filters: filters of the first convolution; the next two have twice and four times as many.
      policy: precision of the hidden layers; see `gpvae_tf.networks`.
    """
    layers = [keras.layers.InputLayer((28, 28, 1 + conditions), dtype=output_dtype(policy))]
    for times in (1, 2, 4):
        options = dict(strides=2, padding="same", activation="elu", dtype=policy)
        layers.append(keras.layers.Conv2D(times * filters, 3, **options))
    layers += [keras.layers.Flatten(dtype=policy), keras.layers.Dense(2 * latent_dim, dtype=output_dtype(policy))]
    return keras.Sequential(layers, name="wide_encoder")


def wide_decoder(
    latent_dim: int = 16, *, conditions: int = 0, units: int = 256, filters: int = 16, policy: str = "float32"
) -> keras.Model:
    """Latents [N, L + conditions] -> images [N, 28, 28, 1]: dense, dense, two upsampling 3 x 3 convolutions (7-14-28).

    Args:
      latent_dim: L.
      conditions: further entries of the input (CVAE).
      units: units of the first layer.
      filters: filters of the first convolution; the 7 x 7 map has twice as many channels.
      policy: precision of the hidden layers; see `gpvae_tf.networks`.
    """
    channels = 2 * filters
    layers = [
        keras.layers.InputLayer((latent_dim + conditions,), dtype=output_dtype(policy)),
        keras.layers.Dense(units, activation="elu", dtype=policy),
        keras.layers.Dense(7 * 7 * channels, activation="elu", dtype=policy),
        keras.layers.Reshape((7, 7, channels), dtype=policy),
        UpsampledConv2D(filters, padding="same", activation="elu", dtype=policy),
        UpsampledConv2D(1, padding="same", activation="sigmoid", dtype=output_dtype(policy)),
    ]
    return keras.Sequential(layers, name="wide_decoder")


def mnist_representation_network(
    vector_dim: int = 8, *, offset: float = 0.0, filters: int = 8, policy: str = "float32"
) -> keras.Model:
    """r: images [N, 28, 28, 1] -> [N, M]: three 3 x 3 convolutions of stride 2 (28-14-7-4), ELU, and a linear layer.

    The mean over an object's images is its vector (`embeddings.AmortizedObjects`; FGP-VAE Appendix C). Digits are not
    seen at one angle only, so where their strokes are must reach the last layer: there is no mean over pixels, which
    SPRITES' network has. 9,992 parameters at M = 8.

    Args:
      vector_dim: M.
      offset: what is added to the first coordinate at first, the initial bias of the last layer.
      filters: filters of the first convolution; the next two have twice and four times as many.
      policy: precision of the hidden layers; see `gpvae_tf.networks`.
    """
    layers = [keras.layers.InputLayer((28, 28, 1), dtype=output_dtype(policy))]
    for times in (1, 2, 4):
        options = dict(strides=2, padding="same", activation="elu", dtype=policy)
        layers.append(keras.layers.Conv2D(times * filters, 3, **options))
    layers.append(keras.layers.Flatten(dtype=policy))
    bias = keras.initializers.Constant([offset] + [0.0] * (vector_dim - 1))
    layers.append(keras.layers.Dense(vector_dim, bias_initializer=bias, dtype=output_dtype(policy)))
    return keras.Sequential(layers, name="representation_network")
