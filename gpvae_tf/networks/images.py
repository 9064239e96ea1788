"""Networks of the GP-encoder paper (Kim & Pavlovic, 2021): Tables 6 to 8 and Section 11 of its supplement.

An encoder maps images [N, H, W, C] to as many numbers as a posterior family asks for, a feature network to the units
before its last layer, a decoder latents [N, L] to [N, H, W, C], linear at the end: images have their mean subtracted.
Convolutions are 4 x 4 with stride 2 and a border of 1 on every side: 28-14-7-3 and back, 32-16-8-4, 64-32-16-8-4.
The paper states no initialisation; it is Keras' default. Hidden layers follow `policy` (float32, float64,
mixed_bfloat16, mixed_float16); the last layer is never in half precision.
"""

import dataclasses
import math

from gpvae_tf._keras import keras
from gpvae_tf.checks import at_least_one
from gpvae_tf.networks.layers import output_dtype

SLOPE = 0.01  # slope below 0 of the encoder's leaky ReLUs


@dataclasses.dataclass(frozen=True)
class ImageNetworks:
    """The builder of one table's networks.

    Attributes:
      event_shape: (H, W, C).
      encoder_filters, decoder_filters: filters of the convolutions, in their order.
      units: h, units of the fully connected layers, which is also the length p of the GP encoder's features.

    Raises:
      ValueError: for images that are not square or too small to be halved so often, or a decoder of other channels.
    """

    event_shape: tuple[int, int, int]
    encoder_filters: tuple[int, ...]
    decoder_filters: tuple[int, ...]
    units: int

    def __post_init__(self):
        height, width, channels = self.event_shape
        halvings = max(len(self.encoder_filters), len(self.decoder_filters))
        if height != width or height < 2**halvings:
            raise ValueError(
                f"event_shape must be square, of side >= {2**halvings} for {halvings} halvings, got {self.event_shape}"
            )
        if self.decoder_filters[-1] != channels:
            raise ValueError(f"decoder_filters must end with {channels} channels, got {self.decoder_filters}")

    def features(self, *, policy: str = "float32") -> keras.Sequential:
        """The feature network psi, images -> h: the encoder without its last layer."""
        return keras.Sequential([*self._trunk(policy), _leaky(output_dtype(policy))], name="image_features")

    def encoder(self, outputs: int, *, policy: str = "float32") -> keras.Sequential:
        """Images -> `outputs` numbers: 2L for a Gaussian, see `posteriors` for the other families."""
        last = keras.layers.Dense(outputs, dtype=output_dtype(policy))
        return keras.Sequential([*self._trunk(policy), _leaky(policy), last], name="image_encoder")

    def _trunk(self, policy: str) -> list[keras.layers.Layer]:
        layers = [keras.layers.InputLayer(self.event_shape, dtype=output_dtype(policy))]
        for filters in self.encoder_filters:
            layers.append(keras.layers.ZeroPadding2D(1, dtype=policy))
            layers += [keras.layers.Conv2D(filters, 4, strides=2, dtype=policy), _leaky(policy)]
        return [*layers, keras.layers.Flatten(dtype=policy), keras.layers.Dense(self.units, dtype=policy)]

    def decoder(self, latent_dim: int, *, policy: str = "float32") -> keras.Sequential:
        """L - h ReLU - pixels of the smallest image ReLU - transposed convolutions, ReLU between them.

        Raises:
          ValueError: if latent_dim is below 1.
        """
        size = self.event_shape[0] // 2 ** len(self.decoder_filters)
        channels = self.encoder_filters[-1]
        layers = [
            _latents(latent_dim, policy),
            keras.layers.Dense(self.units, "relu", dtype=policy),
            keras.layers.Dense(size * size * channels, "relu", dtype=policy),
            keras.layers.Reshape((size, size, channels), dtype=policy),
        ]
        for number, filters in enumerate(self.decoder_filters, start=1):
            is_last = number == len(self.decoder_filters)
            options = dict(activation=None if is_last else "relu", dtype=output_dtype(policy) if is_last else policy)
            target = self.event_shape[0] // 2 ** (len(self.decoder_filters) - number)
            # a border of 1 gives 2 size pixels, one more (7 of 3) if only the first row and column are cut off
            padding = "same" if target == 2 * size else "valid"
            layers.append(keras.layers.Conv2DTranspose(filters, 4, strides=2, padding=padding, **options))
            if padding == "valid":
                layers.append(keras.layers.Cropping2D(((1, 0), (1, 0)), dtype=options["dtype"]))
            size = target
        return keras.Sequential(layers, name="image_decoder")

    def dense_decoder(self, latent_dim: int, *, units: int | None = None, policy: str = "float32") -> keras.Sequential:
        """L - units ReLU - units ReLU - pixels (Section 11), with as many weights as `decoder` unless `units` is given.

        Raises:
          ValueError: if latent_dim is below 1.
        """
        pixels = math.prod(self.event_shape)
        if units is None:  # units^2 + (L + P + 2) units + P parameters, P pixels
            half = (latent_dim + pixels + 2) / 2.0
            units = round(math.sqrt(half**2 + self.decoder(latent_dim).count_params() - pixels) - half)
        layers = [
            _latents(latent_dim, policy),
            keras.layers.Dense(units, "relu", dtype=policy),
            keras.layers.Dense(units, "relu", dtype=policy),
            keras.layers.Dense(pixels, dtype=output_dtype(policy)),
            keras.layers.Reshape(self.event_shape, dtype=output_dtype(policy)),
        ]
        return keras.Sequential(layers, name="dense_decoder")


def _leaky(policy: str) -> keras.layers.Layer:
    return keras.layers.LeakyReLU(SLOPE, dtype=policy)


def _latents(latent_dim: int, policy: str) -> keras.layers.Layer:
    at_least_one("latent_dim", latent_dim)
    return keras.layers.InputLayer((latent_dim,), dtype=output_dtype(policy))


MNIST_AND_OMNIGLOT = ImageNetworks((28, 28, 1), (32, 32, 64), (32, 32, 1), 256)  # Table 6
CIFAR10_AND_SVHN = ImageNetworks((32, 32, 3), (32, 32, 64), (32, 32, 3), 512)  # Table 7
CELEBA = ImageNetworks((64, 64, 3), (32, 32, 64, 64), (64, 32, 32, 3), 512)  # Table 8
