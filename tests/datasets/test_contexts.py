"""Random contexts of training batches: halves, any number, what is there only, and a pure function of seed and step."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.datasets.contexts import random_context, with_random_contexts

IDS = np.array([[4.0, 1.0, 4.0, 4.0, 1.0, 4.0, 4.0, 9.0]], np.float32)
MASK = np.array([[True, True, True, False, True, True, True, True]])  # object 4 has four images, 1 has two, 9 has one


def counts(context: np.ndarray) -> dict[float, int]:
    return {number: int(context[IDS == number].sum()) for number in (4.0, 1.0, 9.0)}


def drawn(kind: str, seed: int, mask=MASK) -> np.ndarray:
    context = random_context(
        tf.constant(IDS), None if mask is None else tf.constant(mask), kind, tf.constant([seed, 0])
    )
    assert context.dtype == tf.bool and context.shape == IDS.shape
    return context.numpy()


def test_half_of_what_is_there_rounded_up():
    draws = [drawn("half", seed) for seed in range(20)]
    assert all(counts(context) == {4.0: 2, 1.0: 1, 9.0: 1} and not context[~MASK].any() for context in draws)
    assert {tuple(np.flatnonzero(context[0] & (IDS[0] == 1.0))) for context in draws} == {(1,), (4,)}
    assert counts(drawn("half", 0, mask=None)) == {4.0: 3, 1.0: 1, 9.0: 1}


def test_any_number_is_as_likely_as_any_other():
    draws = [counts(drawn("any", seed)) for seed in range(400)]
    for number, most in ((4.0, 4), (1.0, 2), (9.0, 1)):
        found = np.bincount([each[number] for each in draws], minlength=most + 1)
        assert found[0] == 0 and len(found) == most + 1
        np.testing.assert_allclose(found[1:] / 400, 1 / most, atol=0.08)  # more than three standard deviations
    assert {(each[4.0], each[1.0]) for each in draws} == {(a, b) for a in range(1, 5) for b in (1, 2)}


def stream(**options) -> list[dict[str, tf.Tensor]]:
    batch = {"inputs": tf.constant(np.stack([np.zeros_like(IDS), IDS], axis=-1)), "mask": tf.constant(MASK)}
    return list(with_random_contexts(tf.data.Dataset.from_tensors(batch).repeat(), "any", **options).take(4))


def test_a_stream_resumes_with_the_contexts_of_its_steps():
    whole, resumed = stream(seed=3), stream(seed=3, start_step=2)
    assert whole[0].keys() == {"inputs", "mask", "context"}
    for one, other in zip(whole[2:], resumed):
        np.testing.assert_array_equal(one["context"], other["context"])
    assert any(np.any(one["context"] != other["context"]) for one, other in zip(whole, stream(seed=4)))
    assert any(np.any(whole[0]["context"] != one["context"]) for one in whole[1:])


def test_all_images_need_no_context_and_other_words_are_refused():
    plain = tf.data.Dataset.range(3)
    assert with_random_contexts(plain, "all") is plain
    with pytest.raises(ValueError, match="kind must be one of all, half, any, got 'few'"):
        with_random_contexts(plain, "few")
