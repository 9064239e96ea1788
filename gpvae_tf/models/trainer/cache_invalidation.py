"""Drops compiled functions and cached properties when an attribute they captured is reassigned."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, ClassVar

import tensorflow as tf


class CacheInvalidation:
    """Mixed into a Keras model, in front of it: what it answers and how it trains follow its `later_attributes`.

    A compiled function has in it the Python objects that it was traced with, and a cached property those that it was
    made of. When one of these attributes, or a part such as a network, becomes another object, the model's cached
    properties, compiled methods among them, and Keras' compiled steps are dropped, to be made anew by whoever asks
    next. A callback may do so in the middle of `fit`.
    """

    later_attributes: ClassVar[frozenset[str]]
    _outdated: frozenset[str] = frozenset()  # which of Keras' steps are

    def __setattr__(self, name: str, value: Any) -> None:
        before = getattr(self, name, value) if name in self.later_attributes else vars(self).get(name)
        is_another = before is not value and (name in self.later_attributes or isinstance(before, tf.Module))
        super().__setattr__(name, value)
        if is_another:
            self._drop_caches()
            self._replace_steps()

    def _drop_caches(self) -> None:
        own = vars(self)  # what is set here passes by Keras, which would look for layers in it
        own["_outdated"] = frozenset({"train", "test"})
        for name in dir(type(self)):
            if isinstance(inspect.getattr_static(type(self), name), functools.cached_property):
                own.pop(name, None)

    def _replace_steps(self) -> None:
        """Has Keras' steps that there are made anew when they are taken: a running `fit` does not ask again."""
        for step in ("train", "test"):
            if getattr(self, f"{step}_function", None) is not None:
                setattr(self, f"{step}_function", functools.partial(self._take_made_anew, step))

    def _take_made_anew(self, step: str, iterator: Any) -> Any:
        return getattr(self, f"make_{step}_function")()(iterator)

    def make_train_function(self, force: bool = False) -> Callable:
        """Keras' compiled step of training."""
        return super().make_train_function(self._take_outdated("train") or force)  # type: ignore[misc]

    def make_test_function(self, force: bool = False) -> Callable:
        """Keras' compiled step of testing."""
        return super().make_test_function(self._take_outdated("test") or force)  # type: ignore[misc]

    def _take_outdated(self, step: str) -> bool:
        """Whether a step is outdated; not any more when asked again, as the caller makes another."""
        outdated = step in self._outdated
        vars(self)["_outdated"] = self._outdated - {step}
        return outdated
