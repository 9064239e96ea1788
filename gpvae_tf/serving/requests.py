"""What a request may be: the inputs of a signature and the most that one call may ask for (`request_checks`)."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.likelihoods import Likelihood

WORDS = {"B": "data sets", "n": "points", "s": "query points", "c": "context images", "N": "images"}
Bound = float | np.ndarray
Restore = Callable[[tf.Tensor], tf.Tensor]


@dataclasses.dataclass(frozen=True)
class Limits:
    """The most that one request may ask for. A SavedModel holds its limits; a larger request is refused.

    Attributes:
      points: of one data set, in a context or a query. An exact GP's memory grows with its square.
      values: numbers in one input, in all observations of an answer, and in its draws or quantiles; 250 million take
        1 GB.
      samples: draws.

    Raises:
      ValueError: if one is below 1, or `values` is above 2^31 - 1.
    """

    points: int = 10_000
    values: int = 250_000_000
    samples: int = 10_000

    def __post_init__(self):
        for name, value in dataclasses.asdict(self).items():
            if not 1 <= value < 2**31:
                raise ValueError(f"{name} must be between 1 and {2**31 - 1}, got {value}")


@dataclasses.dataclass(frozen=True)
class Argument:
    """An input of a signature.

    Attributes:
      spec: its shape, None for a free axis, and its dtype.
      axes: a letter for each of the free axes in front (the keys of `WORDS`); those of the same letter must be equal in
        all inputs of a signature.
      observed_by: name of the boolean input that says which values were observed, or which points. The others may hold
        anything; without it all must be finite.
      least, most: the smallest and the largest number that it may hold where observed, or one for every channel, or for
        every entry of an event; None for any.
      whole: whether it may hold whole numbers only, or the same for every channel or entry; None for any.
      classes: for channels [C] of which some are one class together, a single 1 among zeros, the first channel of the
        value that each is part of; see `Likelihood.first_channels`. None if each is a value by itself.
      positive: columns, entries of the last axis, whose values are exposures, above 0.
      may_be_empty: whether a free axis may be 0.
      some_of_each: whether a mask [B, c] must be true somewhere in every data set.
      draws_of: for a number of draws, or for levels of quantiles, the name of the input whose points get them, or "" if
        there is none.
      drawn_values: for such, the numbers of one draw or quantile at one point.
      answered_values: numbers of what is answered at every one of its points; 0 if that is no larger than the input.
      num_sets: size of the first axis, where data in the SavedModel fix it; None for any. It is no size of `spec`,
        which not every server looks at.
      example: what stands in a warm-up request; if None, True, or what of its range lies nearest to 0.
    """

    spec: tf.TensorSpec
    axes: str = ""
    observed_by: str | None = None
    least: Bound | None = None
    most: Bound | None = None
    whole: np.ndarray | None = None
    classes: np.ndarray | None = None
    positive: tuple[int, ...] = ()
    may_be_empty: bool = False
    some_of_each: bool = False
    draws_of: str | None = None
    drawn_values: int = 1
    answered_values: int = 0
    num_sets: int | None = None
    example: tuple[float, ...] | float | None = None

    def of(self, likelihood: Likelihood, restore: Restore = lambda end: end) -> "Argument":
        """The input whose values must be such as a likelihood can have.

        Args:
          likelihood: of the values.
          restore: makes original values of those that the likelihood sees.
        """
        ends = (None if np.all(np.isinf(end)) else tf.constant(end, tf.float64) for end in likelihood.support)
        least, most = (None if end is None else restore(end).numpy() for end in ends)
        unscaled = np.all([restore(tf.constant(end, tf.float64)) == end for end in (0.0, 1.0)], axis=0)
        whole = np.asarray(likelihood.whole_numbers) & unscaled
        first = likelihood.first_channels(self.spec.shape[-1] or 1)
        return dataclasses.replace(
            self,
            least=least,
            most=most,
            whole=whole if np.any(whole) else None,
            classes=None if np.array_equal(first, np.arange(len(first))) else first,
        )

    def answering(self, event_shape: tuple[int, ...]) -> "Argument":
        """The input at each of whose points an observation of a shape is answered."""
        return dataclasses.replace(self, answered_values=math.prod(event_shape))

    def example_value(self) -> tf.Tensor:
        """The smallest value that makes sense: one entry on every axis that is free."""
        if self.example is not None:
            return tf.constant(self.example, self.spec.dtype)
        shape = [size or 1 for size in self.spec.shape]
        if self.num_sets is not None:
            shape[0] = self.num_sets
        if self.spec.dtype == tf.bool:
            return tf.ones(shape, tf.bool)
        least, most = (np.inf * sign if end is None else end for sign, end in ((-1, self.least), (1, self.most)))
        value = np.clip(np.zeros(shape), least, most)
        if self.positive:
            value[..., list(self.positive)] = 1.0
        if self.classes is not None:
            value[..., self.members_of_classes().argmax(axis=0)] = 1.0
        return tf.cast(value, self.spec.dtype)

    def members_of_classes(self) -> np.ndarray:
        """Which channels every class of several channels has, boolean [C, classes]."""
        first = np.asarray(self.classes)
        firsts, sizes = np.unique(first, return_counts=True)
        return np.equal.outer(first, firsts[sizes > 1])


def free(shape: list[int | None], dtype: tf.DType = tf.float32, **options) -> Argument:
    """An `Argument` of a shape and a dtype."""
    return Argument(tf.TensorSpec(shape, dtype), **options)


INTERVAL = free([], least=1e-6, most=1.0 - 1e-6, example=0.5)


def draws(of: str, event_shape: tuple[int, ...]) -> dict[str, Argument]:
    """What says how a distribution of data is estimated: how many draws, and their seed.

    Args:
      of: name of the input whose points get them.
      event_shape: shape of an observation.
    """
    return {
        "num_samples": free([], tf.int32, least=2, draws_of=of, drawn_values=math.prod(event_shape), example=3),
        "seed": free([2], tf.int32),
    }


def levels(of: str, event_shape: tuple[int, ...]) -> dict[str, Argument]:
    """The levels of quantiles of data; see `draws`."""
    ends = dict(least=INTERVAL.least, most=INTERVAL.most, example=(0.5,))
    sizes: dict[str, Any] = dict(draws_of=of, drawn_values=math.prod(event_shape), may_be_empty=True)
    return {"levels": free([None], **ends, **sizes)}
