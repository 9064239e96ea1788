"""What a request may be: checks that run inside the SavedModel, where no Python does, and name the input at fault."""

import contextlib
import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import tensorflow as tf

from gpvae_tf.entry_masks import over_events
from gpvae_tf.likelihoods import Likelihood

WORDS = {"B": "data sets", "n": "points", "s": "query points", "c": "context images", "N": "images"}
Bound = float | np.ndarray
Restore = Callable[[tf.Tensor], tf.Tensor]
POINTS = "nsc"  # letters of axes that run over the points of one data set


@dataclasses.dataclass(frozen=True)
class Limits:
    """The most that one request may ask for. A SavedModel holds its limits; a larger request is refused.

    Attributes:
      points: of one data set, in a context or a query. An exact GP's memory grows with its square.
      values: numbers in one input, and in all draws of an answer; 250 million take 1 GB.
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
      may_be_empty: whether a free axis may be 0.
      some_of_each: whether a mask [B, c] must be true somewhere in every data set.
      draws_of: for a number of draws, the name of the input whose points get them, or "" if there is none.
      drawn_values: for a number of draws, the numbers of one draw at one point.
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
    may_be_empty: bool = False
    some_of_each: bool = False
    draws_of: str | None = None
    drawn_values: int = 1
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
        return dataclasses.replace(self, least=least, most=most, whole=whole if np.any(whole) else None)

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
        return tf.cast(np.clip(np.zeros(shape), least, most), self.spec.dtype)


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


def checked(arguments: Mapping[str, Argument], tensors: Mapping[str, tf.Tensor], limits: Limits) -> list[tf.Tensor]:
    """The tensors of a request, to be had once every check has passed.

    Args:
      arguments, tensors: the inputs of a signature, and what came.
      limits: the most that is answered.

    Raises:
      tf.errors.InvalidArgumentError: when the graph runs, naming the input: if it is empty, has other sizes than
        another input, is too large, or holds NaN or infinite values. Compiled by XLA, nothing is checked.
    """
    with contextlib.ExitStack() as before:
        for condition, message, data in _conditions(arguments, tensors, limits):
            made = tf.debugging.Assert(condition, [message, data], summarize=8)
            before.enter_context(tf.control_dependencies([] if made is None else [made]))  # None if run eagerly
        return [tf.identity(tensor) for tensor in tensors.values()]


def _conditions(
    arguments: Mapping[str, Argument], tensors: Mapping[str, tf.Tensor], limits: Limits
) -> Iterator[tuple[tf.Tensor, str, tf.Tensor]]:
    """Conditions with a message for each and the numbers behind it; those on sizes before those on values."""
    shapes = {name: tf.shape(tensor) for name, tensor in tensors.items()}
    sizes = {name: tf.reduce_prod(tf.cast(shape, tf.int64)) for name, shape in shapes.items()}
    for name, argument in arguments.items():
        shape = shapes[name]
        if not argument.may_be_empty and None in list(argument.spec.shape):
            yield sizes[name] > 0, f"{name} is empty; its shape is", shape
        yield sizes[name] <= limits.values, f"{name} has more than {limits.values} numbers; its shape is", shape
        for axis, letter in enumerate(argument.axes):
            if letter in POINTS:
                message = f"{name} has more than {limits.points} {WORDS[letter]} in a data set; its shape is"
                yield shape[axis] <= limits.points, message, shape
    yield from _equal_axes(arguments, shapes)
    for name, argument in arguments.items():
        if argument.num_sets is not None:
            message = f"{name} must have the {argument.num_sets} data sets of the model's context; its shape is"
            yield shapes[name][0] == argument.num_sets, message, shapes[name]
    for name, argument in arguments.items():
        if argument.draws_of is not None:
            num, least = tensors[name], argument.least or 1
            good = (num >= least) & (num <= limits.samples)
            yield good, f"{name} must be between {least} and {limits.samples}; it is", num
            points = tf.reduce_prod(tf.cast(shapes[argument.draws_of][:2], tf.int64)) if argument.draws_of else 1
            drawn = tf.cast(num, tf.int64) * points * argument.drawn_values
            yield drawn <= limits.values, f"{name} asks for draws of more than {limits.values} numbers; it is", num
    for name, argument in arguments.items():
        value, where = tensors[name], "" if argument.observed_by is None else f" where {argument.observed_by} is true"
        if argument.some_of_each:
            known = tf.reduce_all(tf.reduce_any(value, axis=1))
            yield known, f"{name} leaves nothing observed in a data set; its shape is", shapes[name]
        if argument.spec.dtype.is_floating:
            finite = _everywhere(tf.math.is_finite(value), argument, tensors)
            yield finite, f"{name} holds NaN or infinite values{where}; its shape is", shapes[name]
        if argument.least is not None:
            large = _everywhere(value >= tf.cast(argument.least, value.dtype), argument, tensors)
            yield large, f"{name} holds values below {_told(argument.least)}{where}; its shape is", shapes[name]
        if argument.most is not None:
            small = _everywhere(value <= tf.cast(argument.most, value.dtype), argument, tensors)
            yield small, f"{name} holds values above {_told(argument.most)}{where}; its shape is", shapes[name]
        if argument.whole is not None:
            whole = _everywhere((value == tf.floor(value)) | ~tf.constant(argument.whole), argument, tensors)
            yield whole, f"{name} holds values that are not whole numbers{where}; its shape is", shapes[name]


def _equal_axes(
    arguments: Mapping[str, Argument], shapes: Mapping[str, tf.Tensor]
) -> Iterator[tuple[tf.Tensor, str, tf.Tensor]]:
    """Axes of the same letter, of which the first input's counts."""
    first: dict[str, tuple[str, int]] = {}
    for name, argument in arguments.items():
        for axis, letter in enumerate(argument.axes):
            other, place = first.setdefault(letter, (name, axis))
            if other != name:
                message = f"{name} and {other} must have the same number of {WORDS[letter]}; they have"
                numbers = tf.stack([shapes[name][axis], shapes[other][place]])
                yield numbers[0] == numbers[1], message, numbers


def _told(bound: Bound) -> str:
    """A bound in words."""
    values = np.unique(bound)
    return f"{values[0]:g}" if len(values) == 1 else "what their channel can have"


def _everywhere(good: tf.Tensor, argument: Argument, tensors: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """Whether all entries that were observed are good."""
    if argument.observed_by is not None:
        good |= over_events(~tensors[argument.observed_by], good.shape.rank)
    return tf.reduce_all(good)
