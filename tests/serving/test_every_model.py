"""The SavedModel of every registered model: its answers, its signatures, and what it refuses, naming the input."""

from typing import NamedTuple

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import serving
from gpvae_tf.serving import warm_up
from tests.support import registry, signatures
from tests.support.seeds import seed_networks

MOST = serving.Limits(points=20, values=20_000, samples=25)


class Case(NamedTuple):
    """A model of the registry, exported and loaded."""

    name: str
    entry: registry.Entry
    model: tf.Module
    batch: dict
    servable: serving.Servable
    served: serving.Served
    answers: registry.Answers


@pytest.fixture(scope="module")
def case(request, tmp_path_factory):
    entry = request.param
    seed_networks()
    model, batch = entry.build(), entry.batch(np.random.default_rng(7))
    entry.prepare(model, batch)
    servable = entry.servable(model, batch)
    servable.limits = MOST
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(warm_up, "possible", lambda: False)  # which would run every function once more
        served = serving.load(servable.write_version(tmp_path_factory.mktemp("served")))
    name = next(name for name, one in registry.REGISTRY.items() if one is entry)
    return Case(name, entry, model, batch, servable, served, entry.answers(model, batch))


def every() -> pytest.MarkDecorator:
    """The cases of all models that can be exported: of fewer, pytest would make each case once more."""
    mark = registry.having("export").mark
    return pytest.mark.parametrize("case", mark.args[1], indirect=True, scope="module", ids=list(mark.kwargs["ids"]))


@every()
def test_a_savedmodel_answers_like_the_model(case):
    """Every signature, with its arguments and outputs by name."""
    loaded, answers = case.served.signatures, case.answers
    answers = answers | {"serving_default": answers[case.servable.default]}
    assert set(loaded) == set(answers)
    for name, (arguments, expected) in answers.items():
        assert set(loaded[name].structured_input_signature[1]) == set(arguments), name
        found = loaded[name](**{key: tf.convert_to_tensor(value) for key, value in arguments.items()})
        assert set(found) == set(expected), name
        for key, value in expected.items():
            message = f"{name}: {key}"
            np.testing.assert_allclose(found[key], value, rtol=1e-4, atol=1e-5, err_msg=message)
            assert found[key].dtype == tf.float32, message


@every()
def test_signatures_are_those_on_record(case):
    """Clients of one version go on with the next: names, dtypes and shapes do not change unawares."""
    assert signatures.in_words(case.served.signatures) == signatures.on_record()[case.name]


@every()
def test_wrong_requests_are_refused_and_the_input_is_named(case):
    """Of another dtype, with NaN or impossible values where something was observed, empty, or beyond the limits."""
    tried = 0
    for name, (arguments, _) in case.answers.items():
        given = {key: tf.convert_to_tensor(value) for key, value in arguments.items()}
        declared = case.servable.arguments[name]
        for key, value in given.items():
            with pytest.raises(ValueError, match=f"{name}: {key} has dtype"):
                case.served(name, **given | {key: tf.cast(tf.ones_like(value), tf.uint8)})
            for message, wrong in wrong_values(key, value, declared[key], given):
                with pytest.raises(tf.errors.InvalidArgumentError, match=message):
                    case.served(name, **given | wrong)
                tried += 1
    assert tried >= 10


def wrong_values(name, value, argument, given):
    """Words of the message and the inputs of requests that are wrong in one input."""
    if value.dtype.is_floating:
        first = tf.one_hot(0, tf.size(value), on_value=np.nan, off_value=0.0, dtype=value.dtype)
        mask = {argument.observed_by: tf.ones_like(given[argument.observed_by])} if argument.observed_by else {}
        yield f"{name} holds NaN or infinite values", mask | {name: value + tf.reshape(first, value.shape)}
        yield f"{name} holds NaN or infinite values", mask | {name: value + np.inf}
        for end, where, beyond in ((argument.least, "below", -1.0), (argument.most, "above", 1.0)):
            if end is not None:
                outside = tf.broadcast_to(tf.cast(end + beyond, value.dtype), value.shape)
                yield f"{name} holds values {where}", mask | {name: outside}
    if argument.draws_of is not None and not value.shape.rank:
        least = argument.least or 1
        for number in (least - 1, -1, MOST.samples + 1):
            yield f"{name} must be between {least} and {MOST.samples}; it is.*{number}", {name: tf.constant(number)}
    alike = {key: part for key, part in given.items() if part.shape.rank and part.shape[:1] == value.shape[:1]}
    for axis, letter in enumerate(argument.axes):
        yield (
            rf"{name} is empty|\w+ is empty",
            {key: part[:0] for key, part in alike.items()}
            if not axis
            else {name: tf.gather(value, tf.zeros([0], tf.int32), axis=axis)},
        )
        if letter in "nsc":
            longer = tf.repeat(value, 1 + MOST.points // value.shape[axis], axis=axis)
            yield f"{name} has more than {MOST.points} .*points|{name} has more than .* context images", {name: longer}
        more = tf.repeat(value, 1 + MOST.values // int(tf.size(value)), axis=axis)
        yield rf"{name} has more than {MOST.values} numbers|{name} has more than {MOST.points}", {name: more}


@every()
def test_every_warm_up_request_is_answered(case):
    """`test_warm_up.py` looks at the file that they are written to."""
    for name, arguments in case.servable.arguments.items():
        for key, value in case.served(name, **{key: one.example_value() for key, one in arguments.items()}).items():
            assert np.all(np.isfinite(value)), (name, key)


@every()
def test_filling_up_a_data_set_does_not_change_the_answers(case):
    """What is filled up holds NaN, and inputs of other points; so unequal lengths go into one request."""
    if "masks" in case.entry.cannot or not case.model.amortized:
        return  # a filled-up context is another one, or there is none
    given, declared = case.answers["predict"][0], case.servable.arguments["predict_masked"]
    images = given["context_observations"]
    there = tf.ones(images.shape[: len(declared["context_mask"].spec.shape)], tf.bool)
    fillings = {"context_observations": np.nan, "context_inputs": 2, "context_mask": False}
    fill = lambda part, value: tf.concat([part, tf.fill(tf.shape(part), tf.cast(value, part.dtype))], axis=1)
    parts = given | {"context_mask": there}
    longer = {name: fill(part, fillings[name]) if name in fillings else part for name, part in parts.items()}
    found, expected = case.served("predict_masked", **longer), case.served("predict", **given)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-4, atol=1e-5, err_msg=name)


@registry.having("export", single_images=True)
def test_networks_in_float64_are_served_in_float32(entry, rng, eagerly):
    """By every function: the mean image is float32."""
    model, batch = entry.build(policy="float64"), entry.batch(rng)
    assert model.network_dtype == tf.float64
    servable = entry.servable(model, batch)
    for name, (arguments, expected) in entry.answers(model, batch).items():
        given = {key: tf.convert_to_tensor(value) for key, value in arguments.items()}
        in_float32 = lambda value: tf.cast(value, tf.float32) if value.dtype.is_floating else value
        found = servable.functions[name](*(in_float32(given[key]) for key in servable.arguments[name]))
        for key, value in expected.items():
            np.testing.assert_allclose(found[key], value, rtol=1e-3, atol=1e-4, err_msg=f"{name}: {key}")
            assert found[key].dtype == tf.float32, f"{name}: {key}"
