"""Scales of groups of few values lean on those of the others, and that of a single group on nothing."""

import numpy as np
import scipy.stats

from gpvae_tf.recalibration import student_t_scaling
from gpvae_tf.recalibration.base import shrunk_logs
from gpvae_tf.recalibration.student_t_scaling import shrunk_scales
from gpvae_tf.recalibration.variance_scaling import shrunk


def test_a_group_is_drawn_to_the_others_as_far_as_it_is_uncertain():
    """Logs of 0 and 2 vary by 2, their noise by a half: three quarters are their own, a quarter is the mean, 1."""
    found = shrunk_logs(np.array([0.0, 2.0]), np.array([0.5, 0.5]), np.array([True, True]))
    np.testing.assert_allclose(found, [0.25, 1.75])


def test_a_t_of_many_degrees_of_freedom_has_a_normal_s_scales(rng):
    where = np.arange(30)[:, None] < np.array([3, 10, 30])[:, None, None]
    errors = np.array([0.3, 1.0, 4.0])[:, None, None] * rng.normal(size=where.shape)
    total, count = (np.sum(part, axis=(1, 2), keepdims=True) for part in (np.where(where, errors**2, 0.0), where))
    found = shrunk_scales(errors, where, (1, 2), df=1e9)
    np.testing.assert_allclose(found**2, shrunk(total, count), rtol=1e-6)
    assert np.all(np.abs(found**2 / (total / count) - 1.0) > 0.01)  # none is its own mean square


def test_logs_of_scales_vary_by_the_noise_that_is_stated(rng, monkeypatch):
    """2,000 groups of 100 values of one scale: Fisher's information is that of nu / (nu + 3) as many normal values."""
    given = []
    keep = lambda logs, noise, filled: given.extend([logs, noise]) or shrunk_logs(logs, noise, filled)
    monkeypatch.setattr(student_t_scaling, "shrunk_logs", keep)
    errors = rng.standard_t(5.0, size=(2_000, 100, 1))
    shrunk_scales(errors, np.ones(errors.shape, bool), (1, 2), df=5.0)
    logs, noise = given
    np.testing.assert_allclose(np.var(logs), np.mean(noise), rtol=0.1)


def test_a_single_group_of_few_values_has_the_scale_of_the_greatest_likelihood():
    """And so have all, where the others have no values: there is nothing to lean on."""
    errors = np.array([0.3, -1.2, 2.0, 0.7])
    best = scipy.stats.t.fit(errors, f0=5.0, floc=0.0)[2]
    errors = np.stack([errors, np.zeros(4)])[..., None]
    where = np.broadcast_to(np.array([True, False])[:, None, None], errors.shape)
    np.testing.assert_allclose(shrunk_scales(errors[:1], where[:1], (0, 1, 2), df=5.0), [[[best]]], rtol=1e-4)
    np.testing.assert_allclose(shrunk_scales(errors, where, (1, 2), df=5.0), 2 * [[[best]]], rtol=1e-4)
