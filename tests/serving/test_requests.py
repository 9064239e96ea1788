"""The checks of a request: what they say, in which order, and that XLA compiles what has them."""

import types

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.serving.request_checks import checked
from gpvae_tf.serving.requests import Argument, Limits, free, levels
from tests.support.eager import running_eagerly


def ranged(least, most, whole=False, first=None):
    """What an input needs to know of a likelihood."""
    return types.SimpleNamespace(
        support=(np.array(least), np.array(most)), whole_numbers=np.array(whole), first_channels=first or np.arange
    )


ARGUMENTS = {
    "y": free([None, None, 2], axes="Bn", observed_by="mask"),
    "x": free([None, None, 1], axes="Bn"),
    "mask": free([None, None], tf.bool, axes="Bn"),
    "query": free([None, None, 1], tf.float64, axes="Bs"),
    "num": free([], tf.int32, draws_of="query", drawn_values=2, example=3),
    **levels("query", (2,)),
    "counts": free([None, 2], observed_by="seen").of(ranged([0.0, -np.inf], [np.inf, 1.0], [True, False])),
    "seen": free([None, 2], tf.bool),
    "pixels": free([None, 2]).of(ranged(0.0, 1.0), lambda end: end + [0.0, 0.5]),
    "any": free([None]).of(ranged(-np.inf, np.inf)),
    "draws": free([], tf.int32, least=2, draws_of=""),
    "some": free([None, None], tf.bool, some_of_each=True),
    "sky": free([None, 4], observed_by="clear").of(ranged(0.0, 1.0, True, lambda num: np.array([0, 1, 1, 1]))),
    "clear": free([None, 4], tf.bool),
    "latents": free([None, 1], axes="N").answering((5, 5)),
}


def given(**other):
    y = np.ones((2, 3, 2), np.float32)
    values = {"y": y, "x": y[..., :1], "mask": np.ones((2, 3), bool), "query": np.ones((2, 4, 1)), "num": 5}
    values |= {"levels": np.zeros(0, np.float32), "counts": np.float32([[3, -4]]), "seen": np.ones((1, 2), bool)}
    values |= {"pixels": np.float32([[1.0, 1.5]]), "any": np.float32([-9.0, 9.0]), "draws": 2}
    values |= {"some": np.eye(2, 3, dtype=bool)}
    values |= {"sky": np.float32([[0, 0, 1, 0], [1, 1, 0, 0]]), "clear": np.ones((2, 4), bool)}
    values |= {"latents": np.ones((4, 1), np.float32)}
    return {name: tf.constant(value) for name, value in (values | other).items()}


def asked(limits, **other):
    """All that came, as a compiled function with free sizes passes it on."""
    specs = [argument.spec for argument in ARGUMENTS.values()]
    passed = lambda *tensors: checked(ARGUMENTS, dict(zip(ARGUMENTS, tensors)), limits)
    return tf.function(passed, input_signature=specs)(*given(**other).values())


NAN = np.full((2, 3, 2), np.nan, np.float32)
WRONG = [
    (dict(y=NAN), "y holds NaN or infinite values where mask is true; its shape is. .2 3 2."),
    (dict(x=NAN[..., :1]), "x holds NaN or infinite values; its shape is. .2 3 1."),
    (dict(query=np.full((2, 4, 1), np.inf)), "query holds NaN or infinite values"),
    (dict(levels=np.array([0.5, np.nan], np.float32)), "levels holds NaN"),
    (dict(query=np.ones((2, 0, 1))), "query is empty; its shape is. .2 0 1."),
    (dict(query=np.ones((1, 4, 1))), "query and y must have the same number of data sets; they have. .1 2."),
    (dict(x=np.ones((2, 1, 1), np.float32)), "x and y must have the same number of points; they have. .1 3."),
    (dict(mask=np.ones((2, 2), bool)), "mask and y must have the same number of points; they have. .2 3."),
    (dict(query=np.ones((2, 11, 1))), "query has more than 10 query points in a data set; its shape is. .2 11 1."),
    (dict(levels=np.full(101, 0.5, np.float32)), "levels has more than 100 numbers; its shape is. .101."),
    (dict(levels=np.full(7, 0.5, np.float32)), "levels asks for quantiles of more than 100 numbers; there are. .7."),
    (dict(levels=np.float32([1.5])), "levels holds values above 0.999999; its shape is. .1."),
    (dict(latents=np.ones((5, 1), np.float32)), "latents asks for more than 100 numbers; its shape is. .5 1."),
    (dict(counts=np.float32([[-1, 0]])), "counts holds values below what their channel can have where seen is true"),
    (dict(counts=np.float32([[0, 2]])), "counts holds values above what their channel can have where seen is true"),
    (dict(counts=np.float32([[0.5, 0.5]])), "counts holds values that are not whole numbers where seen is true; its"),
    (dict(pixels=np.float32([[0.0, 0.4]])), "pixels holds values below what their channel can have; its shape is"),
    (
        dict(sky=np.float32([[1, 0, 1, 1]] * 2)),
        "sky holds classes of which not exactly one channel is 1 where clear",
    ),
    (
        dict(sky=np.float32([[1, 0, 0, 0]] * 2)),
        "sky holds classes of which not exactly one channel is 1 where clear",
    ),
    (dict(clear=np.array([[True, True, True, False]] * 2)), "sky holds classes .*, or only some are observed; its"),
    (dict(some=np.eye(3, 2, dtype=bool)), "some leaves nothing observed in a data set; its shape is. .3 2."),
    (dict(draws=1), "draws must be between 2 and 7; it is. .1."),
    (dict(num=0), "num must be between 1 and 7; it is. .0."),
    (dict(num=8), "num must be between 1 and 7; it is. .8."),
    (dict(num=7), "num asks for draws of more than 100 numbers; it is. .7."),  # 7 draws of 2 numbers at 8 points
]
LIMITS = Limits(points=10, values=100, samples=7)


@pytest.mark.parametrize("other, message", WRONG, ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_wrong_is_named(other, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        asked(LIMITS, **other)
    with running_eagerly(), pytest.raises(tf.errors.InvalidArgumentError, match=message.split("; ")[0]):
        asked(LIMITS, **other)


def test_what_is_right_passes():
    missing = dict(y=NAN, mask=np.zeros((2, 3), bool))
    unseen = dict(counts=np.float32([[-1, 2]]), seen=np.zeros((1, 2), bool))
    no_sky = dict(sky=np.float32([[1, np.nan, 9, 1]] * 2), clear=np.array([[True, False, False, False]] * 2))
    for other in ({}, missing, unseen, no_sky, dict(num=6), dict(query=np.ones((2, 10, 1)), num=2)):
        for came, passed in zip(given(**other).values(), asked(LIMITS, **other)):
            np.testing.assert_array_equal(came, passed)


def test_sizes_are_looked_at_before_values():
    """So that an error of the sizes does not hide behind operations that do not fit."""
    with pytest.raises(tf.errors.InvalidArgumentError, match="mask and y must have the same number of points"):
        asked(LIMITS, y=NAN, mask=np.zeros((2, 2), bool))


def test_a_product_of_sizes_does_not_overflow():
    """100,000 x 100,000 is above 2^31: 4 data sets of 10 points with 10^8 numbers each."""
    arguments = {"num": Argument(tf.TensorSpec([], tf.int32), draws_of="x", drawn_values=10**8), "x": ARGUMENTS["x"]}
    tensors = {"num": tf.constant(1000), "x": tf.ones([4, 10, 1])}
    with pytest.raises(tf.errors.InvalidArgumentError, match="num asks for draws of more than"):
        checked(arguments, tensors, Limits(values=2**31 - 1))


def test_the_data_sets_of_a_context_are_counted():
    """One would broadcast against all of a context in the SavedModel."""
    known = {"x": free([None, None, 1], axes="Bs", num_sets=3)}
    count = tf.function(lambda x: tf.size(checked(known, {"x": x}, LIMITS)[0]), input_signature=[known["x"].spec])
    assert count(tf.ones([3, 2, 1])) == 6 and known["x"].example_value().shape == (3, 1, 1)
    for wrong in (1, 2, 6):
        with pytest.raises(tf.errors.InvalidArgumentError, match=f"x must have the 3 data sets .* is. .{wrong} 2 1."):
            count(tf.ones([wrong, 2, 1]))


def test_xla_compiles_and_does_not_check():
    total = lambda *tensors: tf.reduce_sum(checked(ARGUMENTS, dict(zip(ARGUMENTS, tensors)), LIMITS)[0])
    compiled = tf.function(total, jit_compile=True)
    assert compiled(*given().values()) == 12.0
    assert np.isnan(compiled(*given(y=NAN).values()))


def test_the_example_is_the_smallest():
    assert [tuple(argument.example_value().shape) for argument in ARGUMENTS.values()] == [
        (1, 1, 2),
        (1, 1, 1),
        (1, 1),
        (1, 1, 1),
        (),
        (1,),
        (1, 2),
        (1, 2),
        (1, 2),
        (1,),
        (),
        (1, 1),
        (1, 4),
        (1, 4),
        (1, 1),
    ]
    values = {name: argument.example_value() for name, argument in ARGUMENTS.items()}
    assert values["num"] == 3 and values["levels"] == 0.5 and values["mask"] and values["query"].dtype == tf.float64
    assert values["pixels"].numpy().tolist() == [[0.0, 0.5]] and values["draws"] == 2
    assert values["sky"].numpy().tolist() == [[0.0, 1.0, 0.0, 0.0]]
    checked(ARGUMENTS, values, LIMITS)


@pytest.mark.parametrize("name", ["points", "values", "samples"])
def test_limits_are_whole_and_fit_the_graph(name):
    for wrong in (0, 2**31):
        with pytest.raises(ValueError, match=f"{name} must be between 1 and 2147483647, got {wrong}"):
            Limits(**{name: wrong})
