"""MarkovGP is ExactGP with the same kernel: every number and every gradient, at any times; and what it refuses."""

import functools

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gpvae_tf import kernels
from gpvae_tf.kernels import psd_kernels
from gpvae_tf.latent_gps import ExactGP, LatentDataset, MarkovGP
from tests.support import regression_gps
from tests.support.regression_gps import NUM_QUERIES, Problem, problem

LEARNED = dict(trainable=True, variable_dtype="float64")
KERNELS = {
    "Matern-1/2": lambda: kernels.matern(0.5, [1.0, 2.0], 1.3, **LEARNED),
    "Matern-3/2": lambda: kernels.matern(1.5, [1.0, 2.0], [1.3, 0.5], **LEARNED),
    "Matern-5/2": lambda: kernels.matern(2.5, 1.5, 1.2, **LEARNED),
    "composed": lambda: (
        kernels.matern(1.5, 3.0, 1.2, **LEARNED) * kernels.cosine(2.0, [1.0, 0.7], **LEARNED)
        + psd_kernels.Constant(np.float64(0.4))
    ),
}
SPECS = Problem(
    tf.TensorSpec([2, None, 1], tf.float64),
    tf.TensorSpec([2, 2, None], tf.float64),
    tf.TensorSpec([2, 2, None], tf.float64),
    tf.TensorSpec([2, None], tf.bool),
    tf.TensorSpec([2, NUM_QUERIES, 1], tf.float64),
)


@functools.cache
def compiled(name, kind):
    """Both GPs on the same kernel, compiled once for sequences of any length."""
    kernel = KERNELS[name]()
    return tf.function(lambda *parts: regression_gps.numbers(kind, kernel, Problem(*parts)), list(SPECS))


@pytest.mark.parametrize("name", ["Matern-5/2", "composed"])
@settings(max_examples=8, deadline=None, phases=(Phase.explicit, Phase.generate), derandomize=True)
@given(
    length=st.integers(1, 300),
    seed=st.integers(0, 2**32 - 1),
    share_missing=st.sampled_from([0.0, 0.3, 0.9, 1.0]),
    repeated=st.booleans(),
)
def test_markov_gp_is_the_exact_gp(name, length, seed, share_missing, repeated):
    """log Z, marginals, predictions, joint covariance and all gradients, to 1e-8."""
    rng = np.random.default_rng(seed)
    drawn = problem(rng, length, share_missing=share_missing, repeated=repeated)
    ours, expected = (compiled(name, kind)(*drawn) for kind in (MarkovGP, ExactGP))
    regression_gps.assert_equal(ours, expected)


@pytest.mark.parametrize("name, length", [("Matern-1/2", 1), ("Matern-1/2", 38), ("Matern-3/2", 13), ("composed", 2)])
def test_a_known_length_is_the_exact_gp_too(rng, name, length):
    """Where the scan is another one."""
    kernel, drawn = KERNELS[name](), problem(rng, length)
    ours, expected = (regression_gps.numbers(kind, kernel, drawn) for kind in (MarkovGP, ExactGP))
    regression_gps.assert_equal(ours, expected)


def test_times_lie_as_close_as_they_like(rng):
    """Process noise of such steps is far below the rounding of P - A P A^T; no variance is negative."""
    x = np.cumsum(10.0 ** rng.uniform(-12.0, -7.0, (1, 200, 1)), axis=1)
    data = LatentDataset(
        tf.constant(x), tf.constant(rng.normal(size=(1, 1, 200))), tf.fill([1, 1, 200], np.float64(1e-3))
    )
    posterior = MarkovGP(kernels.matern(2.5, 0.5)).condition(data)
    mean, variance = posterior.marginals()
    assert np.all(np.isfinite(mean)) and np.all(variance > 0.0)
    average = np.mean(data.y)  # of 200 values of what is next to one number, with prior variance 1
    np.testing.assert_allclose(mean, np.full((1, 1, 200), average / (1.0 + 1e-3 / 200)), atol=1e-4)


@pytest.mark.parametrize(
    "kernel, part",
    [
        (kernels.exponentiated_quadratic(), "ExponentiatedQuadratic"),
        (kernels.matern(1.5) * kernels.periodic(), "ExpSinSquared"),
        (kernels.matern(0.5) + psd_kernels.RationalQuadratic(), "RationalQuadratic"),
    ],
)
def test_a_kernel_without_a_form_is_refused(kernel, part):
    message = f"kernel is or contains {part}, .*takes Matern-1/2, -3/2 and -5/2 .*ExactGP and SparseGP take any kernel"
    with pytest.raises(ValueError, match=message):
        MarkovGP(kernel)


def test_a_periodic_kernel_is_told_of_cosines():
    with pytest.raises(ValueError, match="infinite sum of cosines: add up as many kernels.cosine as you need"):
        MarkovGP(kernels.periodic())


def test_inputs_are_refused(rng):
    gp, drawn = MarkovGP(kernels.matern()), problem(rng, 4)
    data = LatentDataset(*drawn[:4])
    with pytest.raises(ValueError, match="x has 2 columns; MarkovGP takes one, the time. ExactGP, SparseGP and V"):
        gp.condition(data._replace(x=tf.concat([data.x, data.x], axis=-1)))
    with pytest.raises(ValueError, match="inputs has 2 columns"):
        gp.check(tf.zeros([4, 2], tf.float64), 1, 1)
    with pytest.raises(ValueError, match="x has times that are not finite"):
        gp.condition(data._replace(x=tf.where(data.x > 0.5, data.x, np.inf)))
    with pytest.raises(ValueError, match="y has 2 values that are not finite at observed points: NaN among the obs"):
        seen = np.array([[True] * 4, [False] * 4])  # 2 channels of the first data set
        gp.condition(data._replace(y=tf.where(tf.range(4) == 1, np.nan, data.y), mask=tf.constant(seen)))
    with pytest.raises(ValueError, match="inputs has times that are not finite"):
        gp.condition(data).predict(drawn.queries * np.nan)
    with pytest.raises(TypeError, match="kernel must be a tfp"):
        MarkovGP("matern")
