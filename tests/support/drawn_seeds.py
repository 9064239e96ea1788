"""The stateless seeds that draws are made from."""

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import tensorflow as tf

_DRAWS = (
    (tf.random, "stateless_normal", 1),
    (tf.random, "stateless_uniform", 1),
    (tf.random, "stateless_categorical", 2),
    (tf.nn.experimental, "stateless_dropout", 2),
    (tf.compat.v2.random, "stateless_normal", 1),  # through which TensorFlow Probability draws
    (tf.compat.v2.random, "stateless_uniform", 1),
    (tf.compat.v2.random, "stateless_gamma", 1),
    (tf.compat.v2.random, "stateless_poisson", 1),
)


def seeds_of(call: Callable[[], Any]) -> list[tuple[int, ...]]:
    """The seed of every draw that a call makes, executed eagerly, in order."""
    seeds: list[tuple[int, ...]] = []
    with contextlib.ExitStack() as stack:
        for module, name, place in {
            (id(module), name): (module, name, place) for module, name, place in _DRAWS
        }.values():
            stack.enter_context(_recording(module, name, place, seeds))
        call()
    return seeds


def assert_nothing_shared(call: Callable[[tf.Tensor], Any]) -> None:
    """A call with a seed draws, every part of it from a seed of its own, and the next seed shares none of them."""
    first, second = (seeds_of(functools.partial(call, tf.constant([3, 4]) + step)) for step in (0, 1))
    assert first, "nothing was drawn"
    assert len(set(first)) == len(first), f"draws share a seed: {first}"
    assert set(first).isdisjoint(second), f"seeds that do not depend on the seed: {set(first) & set(second)}"


@contextlib.contextmanager
def _recording(module: Any, name: str, place: int, seeds: list[tuple[int, ...]]) -> Iterator[None]:
    draw = getattr(module, name, None)
    if draw is None:
        yield
        return

    @functools.wraps(draw)
    def recorded(*args, **options):
        seed = options["seed"] if "seed" in options else args[place]
        seeds.append(tuple(tf.convert_to_tensor(seed).numpy().tolist()))
        return draw(*args, **options)

    with mock.patch.object(module, name, recorded):
        yield
