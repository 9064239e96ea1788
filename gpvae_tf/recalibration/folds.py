"""Which observed values are hidden at a time: single ones, points in a row, or the ends of sequences."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from gpvae_tf.checks import rounding
from gpvae_tf.entry_masks import as_one, entry_mask, over_events


class Fold(NamedTuple):
    """What a model is given and what it has to predict from that, boolean [B, n, *event].

    Attributes:
      given: the observed entries that are left.
      hidden: those that are predicted. Others are neither given nor predicted: what comes after a forecast.
    """

    given: np.ndarray
    hidden: np.ndarray


def dealt(
    known: np.ndarray,
    folds: int,
    rng: np.random.Generator,
    *,
    whole: bool = False,
    run: int = 1,
    first_channels: np.ndarray | None = None,
    times: np.ndarray | None = None,
) -> Iterator[Fold]:
    """The observed entries dealt into parts, each of which is hidden once and predicted from the others.

    Args:
      known: boolean [B, n, *event], the entries that were observed.
      folds: how many parts.
      rng: of the dealing.
      whole, run: see `fold_numbers`.
      first_channels: channels that are hidden together; see `Likelihood.first_channels`.
      times: [B, n], in whose order points are in a row; None for that of the arrays.
    """
    numbers = fold_numbers(known.shape, folds, rng, whole=whole, run=run)
    numbers = as_one(_in_time(numbers, times) if run > 1 else numbers, first_channels)
    for number in range(folds):
        yield Fold(known & (numbers != number), hidden_entries(known, numbers == number))


def ends(known: np.ndarray, times: np.ndarray, horizon: float, folds: int = 1) -> Iterator[Fold]:
    """The ends of sequences, each predicted from what is before it: forecasts from several origins.

    The first fold hides what lies within `horizon` before the last time at which a sequence was observed, the next one
    what lies within `horizon` before that, with nothing given of what the first one hid, and so on.

    Args:
      known: boolean [B, n, *event], the entries that were observed.
      times: [B, n], in any order.
      horizon: in their unit.
      folds: how many origins.
    """
    observed, exact = known.any(axis=tuple(range(2, known.ndim))), np.asarray(times, np.float64)
    last = np.max(exact, axis=1, keepdims=True, initial=-np.inf, where=observed)
    lead = (last - exact) / horizon + rounding(times[observed], horizon)  # how long before the last time, in horizons
    for number in range(folds):
        given = known & over_events(lead >= number + 1, known.ndim)
        yield Fold(given, hidden_entries(known & over_events(lead >= number, known.ndim), ~given))


def by_chance(
    known: np.ndarray,
    share: float,
    rng: np.random.Generator,
    *,
    whole: bool = False,
    run: int = 1,
    first_channels: np.ndarray | None = None,
    times: np.ndarray | None = None,
) -> Fold:
    """A share of the observed entries hidden, each by itself or, with `whole`, runs of points; see `dealt`."""
    shape = known.shape
    if run > 1:
        blocks = -(-shape[1] // run) + 1
        begun = (np.arange(shape[1]) + rng.integers(run, size=(shape[0], 1))) // run
        chosen = _in_time(np.take_along_axis(rng.uniform(size=(shape[0], blocks)), begun, axis=1) < share, times)
    else:
        chosen = rng.uniform(size=shape[:2] if whole else shape) < share
    hidden = hidden_entries(known, as_one(entry_mask(chosen, shape), first_channels))
    return Fold(known & ~hidden, hidden)


def _in_time(values: np.ndarray, times: np.ndarray | None) -> np.ndarray:
    """Values of points [B, n, ...] in the order of time, brought into that of the points."""
    if times is None:
        return values
    ranks = np.argsort(np.argsort(times, axis=1, kind="stable"), axis=1)
    return np.take_along_axis(values, over_events(ranks, values.ndim), axis=1)


def hidden_entries(known: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Which of the observed entries are hidden: those that were chosen, but none of a sequence that would keep nothing.

    A model has only its prior to say of such a sequence.

    Args:
      known, chosen: boolean [B, n, *event], the entries that were observed and those that are to be hidden.
    """
    left = np.any(known & ~chosen, axis=tuple(range(1, known.ndim)), keepdims=True)
    return known & chosen & left


def fold_numbers(
    shape: tuple[int, ...], folds: int, rng: np.random.Generator, *, whole: bool = False, run: int = 1
) -> np.ndarray:
    """Numbers 0, ..., folds - 1 of observations of a shape [B, n, *event], equally often as far as that goes.

    Entries are dealt one by one; with `whole`, runs of points are, in every sequence by itself.
    """
    if not whole:
        return rng.permuted(np.arange(np.prod(shape)) % folds).reshape(shape)
    num_series, num_points = shape[:2]
    numbers = np.empty((num_series, num_points), int)
    for row in numbers:
        blocks = (np.arange(num_points) + rng.integers(run)) // run
        row[:] = rng.permutation(np.arange(blocks[-1] + 1) % folds)[blocks]
    return np.broadcast_to(over_events(numbers, len(shape)), shape)
