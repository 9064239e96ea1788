"""A function over a whole set of images, a batch at a time."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.evaluation.batched import OverImages
from tests.support import families


@pytest.fixture(scope="module")
def model():
    return families.model_of(families.FAMILIES["mean_field"]())


def test_every_batch_has_draws_of_its_own(model):
    draw = lambda images, seed: tf.random.stateless_normal([tf.shape(images)[0]], seed)
    found = OverImages(draw, model)(np.zeros((6, *families.IMAGE_SHAPE), np.float32), batch_size=2)
    assert found.shape == (6,) and len(set(found.tolist())) == 6


@pytest.mark.parametrize(("num", "sizes"), [(7, [3, 3, 1]), (6, [3, 3]), (2, [2])])
def test_too_few_that_are_left_join_the_batch_before(num, sizes, model, eagerly):
    """A result of an image is the size of its batch."""
    size_of = lambda images, seed: tf.fill([tf.shape(images)[0]], tf.shape(images)[0])
    images = np.zeros((num, *families.IMAGE_SHAPE), np.float32)
    alone = OverImages(size_of, model)(images, batch_size=3)
    assert alone.tolist() == [size for size in sizes for _ in range(size)]
    joined = [3] * 3 + [4] * 4 if num == 7 else alone.tolist()
    assert OverImages(size_of, model, fewest=2)(images, batch_size=3).tolist() == joined
    with pytest.raises(ValueError, match="batch_size must be >= 2, the fewest images of a batch, got 1"):
        OverImages(size_of, model, fewest=2)(images, batch_size=1)
