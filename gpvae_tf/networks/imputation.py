"""The networks of Fortuin et al. (2020) for sequences with missing parts."""

import math
from collections.abc import Sequence
from typing import Any

from gpvae_tf._keras import keras
from gpvae_tf.networks.layers import output_dtype
from gpvae_tf.networks.two_convolutions import LARGEST, TwoConvolutions, num_patches


def imputation_encoder(
    event_shape: tuple[int, ...],
    outputs: int,
    *,
    units: Sequence[int] = (256, 256),
    window: int | None = 3,
    filters: Sequence[int] = (256,),
    filter_size: int = 3,
    pixels: Sequence[Sequence[float]] | None = None,
    policy: str = "float32",
) -> keras.Model:
    """Sequences [B, n, *event] -> [B, n, outputs], n free; or observations [N, *event] -> [N, outputs].

    Images pass convolutions of stride 1 first, the last of which has as many channels as the image and, as in the
    authors' code, a ReLU; its few channels may be 0 everywhere after the first steps of training, and then the encoder
    sees nothing any more (docs/deviations.md, I5). A linear convolution over time and fully connected ReLU layers
    follow. Convolutions of images have biases, so padding is not 0 to that over time, and what is said of a shorter
    sequence depends on it (`networks.sequence_encoder` is free of that).

    Args:
      event_shape: (D,) or (H, W, C).
      outputs: numbers for every point.
      units: filters of the convolution over time, then units of the layers behind it.
      window: points that the convolution over time sees; None for an encoder of single observations, whose first layer
        is fully connected with a ReLU like the others.
      filters: of the convolutions of images but the last, none for vectors; () for no convolutions of images at all.
      filter_size: side of those convolutions, pixels.
      pixels: the few values of a pixel, zero first, if images have no others: two convolutions are read off a table of
        all patches then, unless it would be too large (`TwoConvolutions`).
      policy: a Keras dtype policy.
    """
    options: dict[str, Any] = dict(activation="relu", dtype=policy)
    front = () if window is None else (None,)
    layers = [keras.layers.InputLayer((*front, *event_shape), dtype=output_dtype(policy))]
    if len(event_shape) == 3 and filters:
        if len(filters) == 1:
            few = pixels is not None and num_patches(len(pixels), filter_size) <= LARGEST
            table = pixels if few else None
            layers.append(TwoConvolutions(filters[0], event_shape[-1], filter_size, table, dtype=policy))
        else:
            for channels in (*filters, event_shape[-1]):
                layers.append(keras.layers.Conv2D(channels, filter_size, padding="same", **options))
    flat = (math.prod(event_shape),)
    layers.append(keras.layers.Reshape(flat if window is None else (-1, *flat), dtype=policy))
    if window is not None:
        layers.append(keras.layers.Conv1D(units[0], window, padding="same", dtype=policy))
    layers += [keras.layers.Dense(number, **options) for number in (units if window is None else units[1:])]
    last = keras.layers.Dense(outputs, dtype=output_dtype(policy))
    return keras.Sequential([*layers, last], name="imputation_encoder")


def imputation_decoder(
    output_shape: tuple[int, ...], latent_dim: int, *, units: Sequence[int] = (256, 256, 256), policy: str = "float32"
) -> keras.Model:
    """Latents [N, latent_dim] -> [N, *output_shape], fully connected with ReLUs."""
    last_dtype = output_dtype(policy)
    layers = [keras.layers.InputLayer((latent_dim,), dtype=last_dtype)]
    layers += [keras.layers.Dense(number, activation="relu", dtype=policy) for number in units]
    layers += [keras.layers.Dense(math.prod(output_shape), dtype=last_dtype)]
    return keras.Sequential([*layers, keras.layers.Reshape(output_shape, dtype=last_dtype)], name="imputation_decoder")
