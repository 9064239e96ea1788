"""Draws end whatever a network gave: TensorFlow looks for a Poisson variable whose rate is NaN for ever."""

import subprocess
import sys
import textwrap

import pytest

DRAW = textwrap.dedent(
    """
    import numpy as np, tensorflow as tf
    from gpvae_tf.likelihoods import NegativeBinomialLikelihood
    from tests.support.likelihood_cases import CASES

    for name, case in CASES.items():
        for dtype in (np.float32, np.float64):
            likelihood, output = case.build(), case.output(np.random.default_rng(0)).astype(dtype)
            output[0, 0] = np.nan
            draws = tf.function(likelihood.sample)(output, tf.constant([1, 2])).numpy()
            assert np.isfinite(draws[1]).all() and draws.dtype == dtype, name
            counts = np.broadcast_to(likelihood.takes_counts, draws.shape[-1])
            assert np.isnan(draws[0, 0][..., counts]).all(), name
    for dispersion in (np.nan, np.inf):
        entries = NegativeBinomialLikelihood(1.0).entries(tf.constant([[0.0, 150.0, -150.0]]))
        entries = entries.copy(total_count=tf.constant([1.0, 1e-30, dispersion]))
        assert np.isnan(entries.sample(seed=[1, 2]).numpy()[0, 2])
    """
)


@pytest.mark.process
def test_every_likelihood_draws_from_nan():
    done = subprocess.run([sys.executable, "-c", DRAW], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
