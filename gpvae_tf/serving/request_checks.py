"""Checks of a request that run inside the SavedModel, where no Python does, and name the input at fault."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import TypeAlias

import numpy as np
import tensorflow as tf

from gpvae_tf.entry_masks import over_events
from gpvae_tf.serving.requests import WORDS, Argument, Bound, Limits

POINTS = "nsc"  # letters of axes that run over the points of one data set
Condition: TypeAlias = tuple[tf.Tensor, str, tf.Tensor]  # what must be true, what is said else, the numbers behind it


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
) -> Iterator[Condition]:
    """What must be true; what is said of sizes before what is said of values."""
    shapes = {name: tf.shape(tensor) for name, tensor in tensors.items()}
    for name, argument in arguments.items():
        yield from _of_size(name, argument, shapes[name], limits)
    yield from _of_equal_axes(arguments, shapes)
    for name, argument in arguments.items():
        if argument.num_sets is not None:
            message = f"{name} must have the {argument.num_sets} data sets of the model's context; its shape is"
            yield shapes[name][0] == argument.num_sets, message, shapes[name]
    for name, argument in arguments.items():
        if argument.draws_of is not None:
            points = tf.reduce_prod(tf.cast(shapes[argument.draws_of][:2], tf.int64)) if argument.draws_of else 1
            if argument.spec.shape.rank:
                yield _of_answer(name, "quantiles", argument, shapes[name][0], points, limits)
            else:
                yield from _of_draws(name, argument, tensors[name], points, limits)
    for name, argument in arguments.items():
        yield from _of_values(name, argument, tensors)


def _of_size(name: str, argument: Argument, shape: tf.Tensor, limits: Limits) -> Iterator[Condition]:
    """An input is not empty, if it must not be, and not too large."""
    size = tf.reduce_prod(tf.cast(shape, tf.int64))
    if not argument.may_be_empty and None in list(argument.spec.shape):
        yield size > 0, f"{name} is empty; its shape is", shape
    yield size <= limits.values, f"{name} has more than {limits.values} numbers; its shape is", shape
    if argument.answered_values:
        answered = tf.reduce_prod(tf.cast(shape[: len(argument.axes)], tf.int64)) * argument.answered_values
        yield answered <= limits.values, f"{name} asks for more than {limits.values} numbers; its shape is", shape
    for axis, letter in enumerate(argument.axes):
        if letter in POINTS:
            message = f"{name} has more than {limits.points} {WORDS[letter]} in a data set; its shape is"
            yield shape[axis] <= limits.points, message, shape


def _of_draws(
    name: str, argument: Argument, num: tf.Tensor, points: tf.Tensor | int, limits: Limits
) -> Iterator[Condition]:
    """A number of draws, at so many points, is one that is answered."""
    least = argument.least or 1
    good = (num >= least) & (num <= limits.samples)
    yield good, f"{name} must be between {least} and {limits.samples}; it is", num
    yield _of_answer(name, "draws", argument, num, points, limits)


def _of_answer(
    name: str, what: str, argument: Argument, num: tf.Tensor, points: tf.Tensor | int, limits: Limits
) -> Condition:
    """The condition that so many draws or quantiles, at so many points, are no more numbers than are answered."""
    size = tf.cast(num, tf.int64) * points * argument.drawn_values
    told = "it is" if what == "draws" else "there are"
    return size <= limits.values, f"{name} asks for {what} of more than {limits.values} numbers; {told}", num


def _of_values(name: str, argument: Argument, tensors: Mapping[str, tf.Tensor]) -> Iterator[Condition]:
    """What an input holds, where it was observed, is finite, in its range and whole."""
    value, shape = tensors[name], tf.shape(tensors[name])
    where = "" if argument.observed_by is None else f" where {argument.observed_by} is true"
    if argument.some_of_each:
        known = tf.reduce_all(tf.reduce_any(value, axis=1))
        yield known, f"{name} leaves nothing observed in a data set; its shape is", shape
    if argument.spec.dtype.is_floating:
        finite = _everywhere(tf.math.is_finite(value), argument, tensors)
        yield finite, f"{name} holds NaN or infinite values{where}; its shape is", shape
    if argument.least is not None:
        large = _everywhere(value >= tf.cast(argument.least, value.dtype), argument, tensors)
        yield large, f"{name} holds values below {_told(argument.least)}{where}; its shape is", shape
    if argument.most is not None:
        small = _everywhere(value <= tf.cast(argument.most, value.dtype), argument, tensors)
        yield small, f"{name} holds values above {_told(argument.most)}{where}; its shape is", shape
    if argument.positive:
        columns = ", ".join(map(str, argument.positive))
        above = tf.reduce_all(tf.gather(value, list(argument.positive), axis=-1) > 0.0)
        yield above, f"{name} has exposures in column {columns} that are not above 0; its shape is", shape
    if argument.whole is not None:
        whole = _everywhere((value == tf.floor(value)) | ~tf.constant(argument.whole), argument, tensors)
        yield whole, f"{name} holds values that are not whole numbers{where}; its shape is", shape
    if argument.classes is not None:
        message = f"{name} holds classes of which not exactly one channel is 1{where}, or only some are observed; "
        yield _have_a_single_one(value, argument, tensors), f"{message}its shape is", shape


def _of_equal_axes(arguments: Mapping[str, Argument], shapes: Mapping[str, tf.Tensor]) -> Iterator[Condition]:
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


def _have_a_single_one(value: tf.Tensor, argument: Argument, tensors: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """Whether one channel of every class is 1, or all of them are missing."""
    of_class = tf.cast(argument.members_of_classes(), value.dtype)  # [C, classes]
    known = tf.ones_like(value)
    if argument.observed_by is not None:
        known *= tf.cast(over_events(tensors[argument.observed_by], value.shape.rank), value.dtype)
    counts, ones = (tf.tensordot(part, of_class, 1) for part in (known, tf.where(known > 0.0, value, 0.0)))
    whole = (counts == tf.reduce_sum(of_class, axis=0)) & (ones == 1.0)
    return tf.reduce_all(whole | (counts == 0.0))


def _everywhere(good: tf.Tensor, argument: Argument, tensors: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """Whether all entries that were observed are good."""
    if argument.observed_by is not None:
        good |= over_events(~tensors[argument.observed_by], good.shape.rank)
    return tf.reduce_all(good)
