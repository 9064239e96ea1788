"""Tasks of generating an object's held-out image from others: their errors, and what they refuse."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.datasets.splits import Split
from gpvae_tf.evaluation.object_tasks import extrapolation_task, make_task
from tests.support import sequence_models

IDS, ANGLES = np.repeat([4, 7], 3), np.tile(np.float32([0.0, 1.0, 2.0]), 2)


@pytest.fixture
def views(rng):
    """Two objects at three angles."""
    return Split(rng.uniform(size=(6, 4, 3, 1)), IDS, ANGLES)


def test_every_target_needs_its_object_and_every_object_one_target(views):
    given, targets = views.take(np.flatnonzero(ANGLES > 0)), views.take(np.flatnonzero(ANGLES == 0))
    task = make_task(given, targets)
    assert task.images.shape == (2, 1, 4, 3, 1) and task.inputs.shape == (2, 1, 2)
    with pytest.raises(ValueError, match="2 images of 2 objects, of which 1 have images among the given"):
        make_task(given.take(np.flatnonzero(given.ids == 4)), targets)
    with pytest.raises(ValueError, match="4 images of 2 objects, .* expected one target per object"):
        make_task(given, given)


@pytest.mark.parametrize("num_given", [0, 3])
def test_contexts_have_at_least_one_image_and_at_most_all_others(views, num_given):
    assert extrapolation_task(views, 1.0, 2, seed=0).context.rows.shape == (2, 2)
    with pytest.raises(ValueError, match=rf"num_given must lie in 1, ..., 2, object 4's other images; got {num_given}"):
        extrapolation_task(views, 1.0, num_given, seed=0)


def test_the_seed_chooses_what_is_given(rng):
    ids, angles = np.repeat(np.arange(20), 4), np.tile(np.float32([0.0, 1.0, 2.0, 3.0]), 20)
    many = Split(rng.uniform(size=(80, 4, 3, 1)), ids, angles)
    given = lambda seed: extrapolation_task(many, 1.0, 2, seed=seed).context.split.angles
    first, again, other = given(0), given(0), given(1)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_errors_are_those_of_the_mean_and_of_a_draw_of_the_seed(rng):
    model, batch = sequence_models.fgp_vae(), sequence_models.objects(rng)
    images, inputs = batch["observations"].numpy(), batch["inputs"].numpy()
    flat = Split(images.reshape(-1, *images.shape[2:]), inputs[..., 1].ravel().astype(int), inputs[..., 0].ravel())
    last = np.arange(len(flat)) % images.shape[1] == images.shape[1] - 1
    task = make_task(flat.take(np.flatnonzero(~last)), flat.take(np.flatnonzero(last)))
    first, again, other = (task.errors(model, tf.constant(seed)) for seed in ([0, 1], [0, 1], [0, 2]))
    assert first == again and first["mse"] == other["mse"] and first["mse_sampled"] != other["mse_sampled"]
    given = {name: part[:, :-1] for name, part in batch.items()}
    mean = model.decode(model.condition_on(given).predict_f(batch["inputs"][:, -1:]).mean)
    assert first["mse"] == pytest.approx(np.mean(np.square(mean - images[:, -1:])), rel=1e-5)
