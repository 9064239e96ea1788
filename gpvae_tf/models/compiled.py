"""Compiled methods, of which every model has its own."""

import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf


class compiled_method(functools.cached_property):
    """Makes a method a `tf.function` of its instance, which is a cached property and is dropped like one.

    `tf.function` itself compiles per instance too, but counts by the code how often it traces, and so warned whoever
    made five models that one function was traced too often.
    """

    def __init__(self, method: Callable[..., Any]):
        super().__init__(lambda self: tf.function(functools.partial(method, self), reduce_retracing=True))
        self.__doc__ = method.__doc__
