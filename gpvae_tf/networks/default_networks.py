"""Networks for observations of any shape: convolutions for pictures, fully connected layers for everything else."""

import math
from collections.abc import Sequence
from typing import Any

from gpvae_tf._keras import keras
from gpvae_tf.networks.layers import LogCounts, OverSequence, output_dtype

FILTERS = (32, 64, 128)  # of the convolutions with stride 2, as many as leave at least 4 pixels
LEAST_SIDE = 8  # of a picture that is worth convolving


def is_picture(event_shape: tuple[int, ...]) -> bool:
    """Whether observations are [H, W, C] with at least 8 pixels a side."""
    return len(event_shape) == 3 and min(event_shape[:2]) >= LEAST_SIDE


def event_encoder(
    event_shape: tuple[int, ...],
    latent_dim: int,
    *,
    units: int = 128,
    policy: str = "float32",
    counts: Sequence[int] = (),
    levels: Sequence[float] = (),
) -> keras.Model:
    """Observations [N, *event] -> [N, 2 latent_dim]: means and log variances.

    Pictures: up to three 3 x 3 convolutions with stride 2 (32, 64, 128 filters), `units`, the output; else two layers
    of `units`. ELU everywhere. Hidden layers follow `policy`.

    Args:
      event_shape: the shape of what the encoder sees; with a mask channel, twice the channels.
      latent_dim: L.
      units: units of the fully connected layers.
      policy: a Keras dtype policy.
      counts: numbers of the channels, the entries of the last axis, that are counts: the layers see their log(1 + y).
      levels: what these counts are about, one for each; the layers then see log((1 + y) / (1 + level)).
    """
    last = keras.layers.Dense(2 * latent_dim, dtype=output_dtype(policy))
    entry, *hidden = _hidden_layers(event_shape, units, policy)
    return keras.Sequential([entry, *_logarithm(counts, levels, policy), *hidden, last], name="event_encoder")


def sequence_encoder(
    event_shape: tuple[int, ...],
    outputs: int,
    *,
    units: int = 128,
    window: int = 5,
    policy: str = "float32",
    counts: Sequence[int] = (),
    levels: Sequence[float] = (),
) -> keras.Model:
    """Sequences of observations [B, n, *event] -> [B, n, outputs], n free: each looks at its neighbours.

    The hidden layers of `event_encoder` on every observation by itself, then a convolution over the sequence, to which
    a point of zeros, missing or padding, is what lies beyond the ends.

    Args:
      event_shape, units, policy, counts, levels: see `event_encoder`.
      outputs: numbers for every point.
      window: points that the convolution looks at, its own and those before and after.
    """
    entry, *hidden = _hidden_layers(event_shape, units, policy)
    alone = keras.Sequential([entry, *_logarithm(counts, levels, policy), *hidden], name="of_each")
    return keras.Sequential(
        [
            keras.layers.InputLayer((None, *event_shape), dtype=output_dtype(policy)),
            OverSequence(alone, dtype=output_dtype(policy)),
            keras.layers.Conv1D(units, window, padding="same", activation="elu", dtype=policy),
            keras.layers.Dense(outputs, dtype=output_dtype(policy)),
        ],
        name="sequence_encoder",
    )


def _logarithm(counts: Sequence[int], levels: Sequence[float], policy: str) -> list[keras.layers.Layer]:
    """What precedes the layers that may be in half precision, which ends at 65,504."""
    return [LogCounts(counts, levels, dtype=output_dtype(policy))] if counts else []


def _hidden_layers(event_shape: tuple[int, ...], units: int, policy: str) -> list[keras.layers.Layer]:
    options: dict[str, Any] = dict(activation="elu", dtype=policy)
    layers = [keras.layers.InputLayer(tuple(event_shape), dtype=output_dtype(policy))]
    if is_picture(event_shape):
        sides = _sides(event_shape)
        layers += [keras.layers.Conv2D(f, 3, strides=2, padding="same", **options) for f, _ in zip(FILTERS, sides[1:])]
        layers += [keras.layers.Flatten(dtype=policy)]
    else:
        flat = keras.layers.Reshape((math.prod(event_shape),), dtype=policy)
        layers += [flat, keras.layers.Dense(units, **options)]
    return [*layers, keras.layers.Dense(units, **options)]


def event_decoder(
    output_shape: tuple[int, ...],
    latent_dim: int,
    *,
    event_shape: tuple[int, ...] | None = None,
    units: int = 128,
    policy: str = "float32",
) -> keras.Model:
    """Latents [N, latent_dim] -> [N, *output_shape], the mirror image of `event_encoder`.

    Args:
      output_shape: what the likelihood takes (`Likelihood.output_shape`).
      latent_dim: L.
      event_shape: the shape of one observation, where the likelihood takes more than one number per entry.
      units: units of the fully connected layers.
      policy: a Keras dtype policy.
    """
    event_shape = tuple(event_shape or output_shape)
    options: dict[str, Any] = dict(activation="elu", dtype=policy)
    last_dtype = output_dtype(policy)
    layers = [keras.layers.InputLayer((latent_dim,), dtype=last_dtype), keras.layers.Dense(units, **options)]
    if is_picture(event_shape):
        sides = _sides(event_shape)
        halvings = len(sides) - 1
        smallest, filters = sides[-1], list(reversed(FILTERS[:halvings]))
        layers += [keras.layers.Dense(math.prod(smallest) * filters[0], **options)]
        layers += [keras.layers.Reshape((*smallest, filters[0]), dtype=policy)]
        for number, (height, width) in enumerate(reversed(sides[:-1]), start=1):
            final = number == halvings
            outputs = math.prod(output_shape) // math.prod(event_shape[:2]) if final else filters[number]
            how = dict(dtype=last_dtype) if final else options
            layers.append(keras.layers.Conv2DTranspose(outputs, 3, strides=2, padding="same", **how))
            small = sides[halvings - number + 1]
            crop = ((0, 2 * small[0] - height), (0, 2 * small[1] - width))  # an odd side has one pixel too many
            layers.append(keras.layers.Cropping2D(crop, dtype=how["dtype"]))
    else:
        layers += [keras.layers.Dense(units, **options), keras.layers.Dense(math.prod(output_shape), dtype=last_dtype)]
    return keras.Sequential([*layers, keras.layers.Reshape(output_shape, dtype=last_dtype)], name="event_decoder")


def _sides(event_shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """Heights and widths from the picture to what is left after halving, while at least 4 pixels are left."""
    sides = [(event_shape[0], event_shape[1])]
    while len(sides) <= len(FILTERS) and min(sides[-1]) >= LEAST_SIDE:
        sides.append((-(-sides[-1][0] // 2), -(-sides[-1][1] // 2)))
    return sides
