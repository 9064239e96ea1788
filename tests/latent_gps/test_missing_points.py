"""What a missing point holds, NaN included, changes nothing of the bound, of its gradients and of the other points."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.latent_gps import ExactGP, LatentDataset, MarkovGP, VecchiaGP
from tests.support import hostile_latents as hostile
from tests.support.hostile_latents import GPS, Composed, Hostile

OF_MISSING_POINTS_TOO = ("banded",)  # whose posterior is one of all points, and whose mask is not looked at
OWN_ENCODINGS = ("low rank",)  # whose posterior of a missing point is what came for it
GRADIENTS = ("gradient of y", "gradient of noise")


@pytest.mark.parametrize("inputs", ["spread", "each many times"])
@pytest.mark.parametrize("name", [name for name in GPS if name not in OF_MISSING_POINTS_TOO])
def test_a_missing_point_may_hold_anything(name, inputs):
    """The noise variance is 0 or NaN there: an encoder's for what it was not shown."""
    problem = Hostile(12, "float64", inputs, -3, 0, 1.0, "some", 5)
    kernel = Composed("Matern-3/2", None, False)("float64", of_channels=name not in hostile.ONE_CHANNEL)
    gp = GPS[name](kernel, "float64")
    results = []
    for value, noise in ((0.0, 1.0), (np.nan, 0.0), (1e30, np.nan), (np.nan, np.nan)):
        data, queries = problem.data(name, value, noise)
        results.append(hostile.numbers(gp, data, queries))
    seen = np.broadcast_to(data.channel_mask, data.y.shape)
    assert not seen.all() and seen.any() and len(results[0]) >= 10
    for what, expected in results[0].items():
        for found in results[1:]:
            ours, theirs = found[what].numpy(), expected.numpy()
            if name in OWN_ENCODINGS and what in ("draw", "marginal mean", "marginal variance", *GRADIENTS):
                ours, theirs = ours[seen], theirs[seen]
            assert np.all(np.isfinite(theirs)), what
            np.testing.assert_array_equal(ours, theirs, err_msg=what)


@pytest.mark.parametrize("axis, at", [("points", -1), ("data sets", 0)])
def test_a_part_without_a_mask_was_observed(axis, at, rng):
    """Beside one that has a mask; without any there is none."""
    draw = lambda: LatentDataset(*(tf.constant(rng.normal(size=s)) for s in ((2, 3, 1), (2, 2, 3), (2, 2, 3))))
    mask = tf.constant([[True, False, True], [False, True, True]])
    first, second = draw(), draw()._replace(mask=mask)
    assert LatentDataset.concat([first, first], axis).mask is None
    for parts in ([first, second], [second, first]):
        joined = LatentDataset.concat(parts, axis)
        expected = [np.ones((2, 3), bool) if part.mask is None else mask for part in parts]
        np.testing.assert_array_equal(joined.mask, np.concatenate(expected, axis=at))
        np.testing.assert_array_equal(joined.x, np.concatenate([part.x for part in parts], axis=at - (at < 0)))
        for name in ("y", "noise_variance"):
            np.testing.assert_array_equal(
                getattr(joined, name), np.concatenate([getattr(part, name) for part in parts], axis=at)
            )


@pytest.mark.parametrize("name", GPS)
def test_what_was_observed_is_finite_and_has_noise(name):
    """Every latent GP says so, executed eagerly, in the place of a posterior that is not a number."""
    gp = GPS[name](
        Composed("Matern-3/2", None, False)("float64", of_channels=name not in hostile.ONE_CHANNEL), "float64"
    )
    data, _ = Hostile(6, "float64", "spread", -3, 0, 1.0, "none", 5).data(name)
    first = np.arange(6) == 0
    nan = data._replace(y=tf.where(first, np.nan, data.y))
    ways = [gp.condition, *([gp.statistics] if hasattr(gp, "statistics") else [])]
    for way in ways:
        with pytest.raises(ValueError, match="y has 4 values that are not finite at observed points: NaN among the"):
            way(nan)
        for noise in (0.0, -1.0, np.inf):
            with pytest.raises(ValueError, match=f"positive and finite at observed points; 4 are not, such as {noise}"):
                way(data._replace(noise_variance=tf.where(first, noise, data.noise_variance)))


@pytest.mark.parametrize(
    "make, columns, masked", [(MarkovGP, 1, False), (MarkovGP, 1, True), (VecchiaGP, 1, False), (VecchiaGP, 2, True)]
)
def test_a_compiled_posterior_takes_no_points_and_no_queries_too(make, columns, masked, rng):
    """As a SavedModel is asked, whose numbers of points are not known when it is traced."""
    kernel, mask_specs = kernels.matern(1.5, [2.0, 0.5]), [tf.TensorSpec([2, None], tf.bool)] if masked else []
    specs = [tf.TensorSpec(shape, tf.float64) for shape in 2 * [[2, None, columns]] + 2 * [[2, 2, None]]]

    def answers(kind, queries, *data):
        posterior = kind(kernel).condition(LatentDataset(*data))
        predictions = *posterior.marginals(), *posterior.predict(queries), *posterior.predict_joint(queries)
        return [*predictions, *posterior.regularizer().values()]

    compiled = tf.function(functools.partial(answers, make), input_signature=specs + mask_specs)
    for length, num_queries in ((0, 3), (5, 0), (5, 3)):
        x, queries = (rng.normal(size=(2, num, columns)) for num in (length, num_queries))
        y, noise = rng.normal(size=(2, 2, length)), rng.uniform(0.1, 1.0, (2, 2, length))
        given = [queries, x, y, noise, *([rng.uniform(size=(2, length)) < 0.6] if masked else [])]
        given = list(map(tf.constant, given))
        for found, expected in zip(compiled(*given), answers(ExactGP, *given), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("make, columns", [(MarkovGP, 1), (VecchiaGP, 1), (VecchiaGP, 2)])
@pytest.mark.parametrize("length, queries", [(0, 3), (4, 0), (0, 0)])
def test_no_points_are_the_prior_and_no_queries_are_no_answers(make, columns, length, queries, rng):
    """As in ExactGP, whose matrices may be empty."""
    x, x_new = (tf.constant(rng.normal(size=(2, num, columns))) for num in (length, queries))
    data = LatentDataset(x, tf.constant(rng.normal(size=(2, 2, length))), tf.ones([2, 2, length], tf.float64))
    found = []
    for kind in (make, ExactGP):
        gp = kind(kernels.matern(1.5, 2.0))
        posterior, seed = gp.condition(data), tf.constant([0, 1])
        parts = *posterior.marginals(), *posterior.predict(x_new), *posterior.predict_joint(x_new)
        assert posterior.draw_functions(x_new, seed, 3).shape == (3, 2, 2, queries)
        assert gp.draw_prior(x_new, 2, seed).shape == (2, 2, queries)
        found.append([*parts, *posterior.regularizer().values()])
    for ours, expected in zip(*found, strict=True):
        assert ours.shape == expected.shape
        np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("inputs", ["spread", "each many times"])
@pytest.mark.parametrize("name", [name for name in GPS if name not in (*OWN_ENCODINGS, "sparse, of a part")])
def test_a_missing_point_is_no_point(name, inputs):
    """Points masked in the middle and behind the others: what is left says what it says without them."""
    problem = Hostile(9, "float64", inputs, -2, 0, 1.0, "none", 5)
    kernel = Composed("Matern-3/2", None, False)("float64", of_channels=name not in hostile.ONE_CHANNEL)
    gp = GPS[name](kernel, "float64")
    data, queries = problem.data(name)
    keep = np.array([0, 1, 2, 4, 5, 7, 8]) if name not in OF_MISSING_POINTS_TOO else np.arange(7)
    few = LatentDataset(*(tf.gather(part, keep, axis=axis) for part, axis in zip(data[:3], (1, 2, 2))))
    mask = tf.constant(np.broadcast_to(np.isin(np.arange(9), keep), (2, 9)))
    ours, expected = hostile.numbers(gp, data._replace(mask=mask), queries), hostile.numbers(gp, few, queries)
    for what, part in expected.items():
        found = ours[what].numpy()
        found = found if found.shape == part.shape else found[..., keep]
        np.testing.assert_allclose(found, part, rtol=1e-7, atol=1e-9, err_msg=what)


@pytest.mark.parametrize("name", GPS)
def test_the_least_noise_is_that_of_what_was_observed(name, rng):
    gp = GPS[name](
        Composed("Matern-3/2", None, False)("float32", of_channels=name not in hostile.ONE_CHANNEL), "float32"
    )
    data, _ = Hostile(9, "float32", "spread", -2, 0, 1.0, "none", 5).data(name)
    few, mask = data.x[:, :6], tf.constant(np.broadcast_to(np.arange(9) < 6, (2, 9)))
    ours, expected = gp.least_noise(data.x, mask), gp.least_noise(few)
    assert (ours is None) == (expected is None)
    if expected is not None:
        np.testing.assert_allclose(
            np.broadcast_to(ours, data.y.shape)[..., :6], np.broadcast_to(expected, (2, 2, 6)), rtol=1e-6
        )
