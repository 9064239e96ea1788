"""FGP-VAE's prior: the shared latent against quadrature and the exact GP, both halves against the full block kernel."""

import pathlib

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from gpvae_tf import kernels
from gpvae_tf.as_coded.shared_gaussian import AsCodedSharedGaussian
from gpvae_tf.comparison.golden_checks import CHECKS
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.latent_gps import ExactGP, Independent, LatentDataset, SparseGP
from gpvae_tf.latent_gps.factorized import FactorizedGP
from gpvae_tf.latent_gps.shared import SharedGaussian
from tests.support import oracles

B, J, G, N, S = 3, 2, 2, 6, 4  # objects, local and global channels, frames, new views
L = J + G
SCALES = [0.8, 1.4]
ANGLES = np.arange(N) * 2.0 * np.pi / N
TIGHT = dict(rtol=1e-10, atol=1e-10)
PARTS = ("log_marginal_likelihood", "cross_entropy")


def periodic(w1, w2, scale):
    return np.exp(-2.0 * np.sin((w1[:, None] - w2[None, :]) / 2.0) ** 2 / scale**2)


@pytest.fixture
def data(rng):
    """Ids 0, 1, 2 in the second column; the first object lacks a frame in the middle, the last one two at the end."""
    mask = np.ones((B, N), bool)
    mask[0, 2] = mask[2, 4:] = False
    x = np.stack([np.tile(ANGLES, (B, 1)), np.tile(np.arange(B)[:, None], (1, N))], axis=-1)
    y, v = rng.normal(size=(B, L, N)), np.exp(rng.normal(-1.0, 0.7, (B, L, N)))
    return LatentDataset(*map(tf.constant, (x, y, v, mask)))


@pytest.fixture
def x_new(rng):
    return tf.constant(np.stack([rng.uniform(0.0, 6.0, (B, S)), np.tile(np.arange(B)[:, None], (1, S))], axis=-1))


EXACT = lambda: ExactGP(kernels.periodic(SCALES))


def sparse_gp(points, **options):
    return SparseGP(kernels.periodic(SCALES), InducingPoints(points[:, None], dtype="float64"), jitter=0.0, **options)


def fgp(**options):
    return FactorizedGP(EXACT(), J, SharedGaussian(), G, **options)


def assert_same(ours, expected, **band):
    for a, b in zip(ours, expected, strict=True):
        np.testing.assert_allclose(a, b, **(band or TIGHT))


def test_shared_gaussian_is_the_exact_gp_of_a_constant_kernel(data, x_new):
    ours = SharedGaussian().condition(data)
    exact = ExactGP(tfp.math.psd_kernels.Constant(tf.constant(1.0, tf.float64))).condition(data)
    assert_same(ours.marginals(), exact.marginals())
    assert_same(ours.predict(x_new), exact.predict(x_new))
    assert_same(ours.predict_joint(x_new), exact.predict_joint(x_new))
    for name, value in exact.regularizer().items():
        np.testing.assert_allclose(ours.regularizer()[name], value, **TIGHT)
    np.testing.assert_array_equal(SharedGaussian().prior_covariance(x_new), np.ones((B, 1, S, S)))


def test_shared_posterior_by_quadrature(data):
    """prod_q N(z; y_q, v_q) N(z; 0, 1) on a grid: its integral, mean and variance."""
    posterior = SharedGaussian().condition(data)
    z = np.linspace(-12.0, 12.0, 100_001)
    for b, c in np.ndindex(B, L):
        keep = data.mask[b].numpy()
        y, v = data.y[b, c].numpy()[keep], data.noise_variance[b, c].numpy()[keep]
        log_joint = -0.5 * (z**2 + np.log(2 * np.pi))
        for y_q, v_q in zip(y, v, strict=True):
            log_joint += -0.5 * ((z - y_q) ** 2 / v_q + np.log(2 * np.pi * v_q))
        density = np.exp(log_joint)
        normalizer, step = density.sum(), z[1] - z[0]
        mean = (density * z).sum() / normalizer
        variance = (density * (z - mean) ** 2).sum() / normalizer
        ours = (posterior.z.mean[b, c], posterior.z.variance[b, c], posterior.log_marginal_likelihood[b, c])
        assert_same(ours, (mean, variance, np.log(normalizer * step)))


def test_shared_log_z_is_appendix_b(data):
    """N(0|0,1) prod_q N(0|y_q,v_q) / N(0|m,s), the paper's quotient."""
    full = data._replace(mask=None)
    posterior, (mean, variance) = SharedGaussian().condition(full), SharedGaussian().condition(full).z
    at_zero = lambda m, v: -0.5 * (np.log(2 * np.pi * v) + m**2 / v)
    expected = (
        at_zero(0.0, 1.0) + at_zero(full.y.numpy(), full.noise_variance.numpy()).sum(-1) - at_zero(mean, variance)
    )
    np.testing.assert_allclose(posterior.log_marginal_likelihood, expected, **TIGHT)


def test_shared_regularizer_is_minus_kl_of_one_latent(data):
    posterior = SharedGaussian().condition(data)
    mean, variance = posterior.z
    q, p = tfp.distributions.Normal(mean, tf.sqrt(variance)), tfp.distributions.Normal(np.float64(0.0), 1.0)
    np.testing.assert_allclose(tf.add_n(list(posterior.regularizer().values())), -q.kl_divergence(p), **TIGHT)


def test_shared_log_z_keeps_its_digits_under_tiny_noise():
    """With v = 1e-12 the terms sum y^2 / v are 1e12; what is left of them here is 1 / 2 log 2 of known size."""
    v = np.full((1, 1, 2), 1e-12)
    log_z = SharedGaussian().condition(LatentDataset(*map(tf.constant, (np.zeros((1, 2, 1)), np.ones((1, 1, 2)), v))))
    expected = oracles.log_normal(np.array([1.0]), np.zeros(1), np.array([[1.0 + 0.5e-12]]))  # their mean, v / 2
    expected += -0.5 * np.log(2 * np.pi * 2e-12)  # their difference, 0, of variance 2 v
    np.testing.assert_allclose(log_z.log_marginal_likelihood, [[expected]], rtol=1e-9)


@pytest.mark.parametrize("gp", [SharedGaussian, AsCodedSharedGaussian, fgp])
def test_nothing_observed_is_the_prior(gp, data, x_new):
    nothing = data._replace(y=data.y * np.nan, mask=tf.zeros([B, N], tf.bool))
    posterior = gp().condition(nothing)
    mean, variance = posterior.predict(x_new)
    np.testing.assert_array_equal(mean, np.zeros((B, L, S)))
    np.testing.assert_allclose(variance, np.ones((B, L, S)), rtol=1e-12)
    assert np.all(np.isfinite(posterior.marginals().mean))
    covariance = np.broadcast_to(gp().prior_covariance(x_new), (B, L, S, S))
    np.testing.assert_allclose(posterior.predict_joint(x_new)[1], covariance, **TIGHT)
    for value in posterior.regularizer().values():
        np.testing.assert_array_equal(value, np.zeros_like(value))


def test_shared_draw_is_one_value_per_object_and_channel(data, rng):
    posterior, noise = SharedGaussian().condition(data), rng.normal(size=(B, L, N))
    z = posterior.draw(tf.constant(noise)).numpy()
    mean, variance = (part.numpy() for part in posterior.z)
    np.testing.assert_allclose(z, np.repeat((mean + np.sqrt(variance) * noise[..., 0])[..., None], N, -1), **TIGHT)
    clipped = posterior.draw(tf.constant(noise), (4.0, 9.0)).numpy()[..., 1]
    np.testing.assert_allclose(clipped, mean + 2.0 * noise[..., 0], **TIGHT)


@pytest.mark.parametrize("name", ["fgp_local_global_0", "fgp_local_global_1"])
def test_golden_values_of_the_authors_code(name):
    """Measured: 1.3e-8 in the global log Z, whose log 2 pi is a float32 there; the others agree to 4e-14."""
    with np.load(pathlib.Path(__file__).parents[1] / "golden" / f"{name}.npz") as file:
        golden = dict(file)
    check = CHECKS["fgp_local_global"]
    ours = check.compute(golden)
    assert len(ours) == 7
    for key, value in zip(check.outputs, ours, strict=True):
        band = 1e-7 if key == "global_log_normalizer" else 1e-11
        np.testing.assert_allclose(value, golden[key], rtol=band, atol=band * np.abs(golden[key]).max(), err_msg=key)


def test_channels_names_and_shapes(data, x_new, rng):
    gp, noise = fgp(), tf.constant(rng.normal(size=(B, L, N)))
    posterior = gp.condition(data)
    local = EXACT().condition(LatentDataset(data.x[..., :1], *(a[:, :J] for a in data[1:3]), data.mask))
    shared = SharedGaussian().condition(LatentDataset(data.x, *(a[:, J:] for a in data[1:3]), data.mask))
    assert gp.num_channels == L and gp.part_names == tuple(f"{h}_{p}" for h in ("local", "global") for p in PARTS)
    assert_same(posterior.marginals(), [np.concatenate(p, 1) for p in zip(local.marginals(), shared.marginals())])
    parts = posterior.regularizer()
    assert tuple(parts) == gp.part_names
    for half, name in ((local, "local"), (shared, "global")):
        for part, value in half.regularizer().items():
            np.testing.assert_array_equal(parts[f"{name}_{part}"], value)
    z = posterior.draw(noise)
    np.testing.assert_array_equal(z, np.concatenate([local.draw(noise[:, :J]), shared.draw(noise[:, J:])], 1))
    mean, covariance = posterior.predict_joint(x_new)
    marginal = posterior.predict(x_new)
    assert_same((mean, tf.linalg.diag_part(covariance)), marginal)
    prior = gp.prior_covariance(x_new)
    assert prior.shape == covariance.shape == (B, L, S, S)
    for b, c in np.ndindex(B, J):
        w = x_new[b, :, 0].numpy()
        np.testing.assert_allclose(prior[b, c], periodic(w, w, SCALES[c]), **TIGHT)
    np.testing.assert_array_equal(prior[:, J:], np.ones((B, G, S, S)))


def test_local_channels_do_not_see_the_object(data, rng):
    """A kernel on all columns would."""
    gp = FactorizedGP(ExactGP(kernels.exponentiated_quadratic()), J, SharedGaussian(), G)
    moved = data._replace(x=data.x + np.stack([np.zeros((B, N)), rng.normal(size=(B, N))], axis=-1))
    assert_same(gp.condition(moved).marginals(), gp.condition(data).marginals())
    whole = (ExactGP(kernels.exponentiated_quadratic()).condition(d).marginals().mean for d in (moved, data))
    assert np.abs(np.subtract(*whole)).max() > 0.1


def test_all_objects_at_once_with_the_block_kernel(data, x_new):
    """The paper's kernels delta_dd' k(w, w') and delta_dd' on all images of all objects, in numpy."""
    posterior = fgp().condition(data)
    mean, variance = (part.numpy() for part in posterior.marginals())
    new_mean, new_covariance = (part.numpy() for part in posterior.predict_joint(x_new))
    keep = data.mask.numpy().ravel()
    w, d = (data.x[..., i].numpy().ravel()[keep] for i in (0, 1))
    w_new, d_new = (x_new[..., i].numpy().ravel() for i in (0, 1))
    total = 0.0
    for c in range(L):
        view = (lambda a, b, c=c: periodic(a, b, SCALES[c])) if c < J else (lambda a, b: np.ones((len(a), len(b))))
        block = lambda a, da, b, db, view=view: view(a, b) * (da[:, None] == db[None, :])
        k_nn, k_ns = block(w, d, w, d), block(w, d, w_new, d_new)
        y, v = (a[:, c].numpy().ravel()[keep] for a in (data.y, data.noise_variance))
        here, covariance = oracles.exact_posterior(k_nn, k_nn, k_nn, y, v)
        log_z = oracles.log_normal(y, np.zeros(len(y)), k_nn + np.diag(v))
        total += log_z - oracles.expected_log_density(here, np.diag(covariance), y, v)
        assert_same((mean[:, c].ravel()[keep], variance[:, c].ravel()[keep]), (here, np.diag(covariance)))
        there, covariance = oracles.exact_posterior(k_nn, k_ns, block(w_new, d_new, w_new, d_new), y, v)
        np.testing.assert_allclose(new_mean[:, c].ravel(), there, **TIGHT)
        for b in range(B):
            rows = slice(b * S, (b + 1) * S)
            np.testing.assert_allclose(new_covariance[b, c], covariance[rows, rows], **TIGHT)
    ours = sum(float(tf.reduce_sum(value)) for value in posterior.regularizer().values())
    np.testing.assert_allclose(ours, total, **TIGHT)


def test_padded_objects_are_the_objects_one_by_one(data, x_new):
    together = fgp().condition(data)
    for b in range(B):
        keep = data.mask[b].numpy()
        arrays = data.x[b : b + 1].numpy()[:, keep], *(a[b : b + 1].numpy()[..., keep] for a in data[1:3])
        alone = fgp().condition(LatentDataset(*map(tf.constant, arrays)))
        assert_same([part[b] for part in together.predict(x_new)], [p[0] for p in alone.predict(x_new[b : b + 1])])
        assert_same([p[b].numpy()[:, keep] for p in together.marginals()], [part[0] for part in alone.marginals()])
        for name, value in alone.regularizer().items():
            np.testing.assert_allclose(together.regularizer()[name][b], value[0], **TIGHT)


def test_sparse_with_inducing_points_at_the_views_is_exact(data, x_new):
    """Measured: 4e-15 here, where K_mm is well conditioned. With fewer points it is not."""

    def sparse(points):
        return FactorizedGP(sparse_gp(points), J, SharedGaussian(), G).condition(data)

    exact, at_views, fewer = fgp().condition(data), sparse(ANGLES), sparse(ANGLES[::3])
    total = lambda posterior: sum(tf.reduce_sum(v, -1).numpy() for v in posterior.regularizer().values())
    assert_same(at_views.predict(x_new), exact.predict(x_new), rtol=1e-10, atol=1e-10)
    assert_same(at_views.predict_joint(x_new), exact.predict_joint(x_new), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(total(at_views), total(exact), rtol=1e-10)
    assert np.all(np.abs(total(fewer) - total(exact)) > 1e-2)


def test_given_all_there_is_the_weight_of_a_batch_is_one(data, x_new):
    """The local GP's N counts in the bound and not in predictions."""
    weighed, plain = (FactorizedGP(sparse_gp(ANGLES, **n), J, SharedGaussian(), G) for n in ({"num_data": 90}, {}))
    assert weighed.stands_for_more and not plain.stands_for_more
    expected = plain.condition(data).predict(x_new)
    assert_same(weighed.condition_on_all(data).predict(x_new), expected, rtol=1e-10, atol=1e-10)
    assert np.abs(weighed.condition(data).predict(x_new).variance - expected.variance).max() > 1e-4


def test_the_shared_half_may_stand_for_more_too(data, x_new):
    weighed, plain = (FactorizedGP(EXACT(), J, sparse_gp(np.arange(3.0), **n), G) for n in ({"num_data": 90}, {}))
    assert weighed.stands_for_more and not plain.stands_for_more
    expected = plain.condition(data).predict(x_new)
    assert_same(weighed.condition_on_all(data).predict(x_new), expected, rtol=1e-9, atol=1e-9)
    assert np.abs(weighed.condition(data).predict(x_new).variance - expected.variance).max() > 1e-4


def test_unknown_sizes_in_a_graph(data, x_new):
    """Numbers of objects and frames may be left open when a step is traced; channels stay known."""
    signature = [tf.TensorSpec(s, tf.float64) for s in ([None, None, 2], [None, L, None], [None, L, None])]

    @tf.function(input_signature=[*signature, tf.TensorSpec([None, None], tf.bool), signature[0]])
    def run(x, y, v, mask, x_new):
        posterior = fgp().condition(LatentDataset(x, y, v, mask))
        assert posterior.marginals().mean.shape[1] == posterior.predict(x_new).mean.shape[1] == L
        return [*posterior.marginals(), *posterior.predict_joint(x_new), *posterior.regularizer().values()]

    posterior = fgp().condition(data)
    eager = [*posterior.marginals(), *posterior.predict_joint(x_new), *posterior.regularizer().values()]
    assert_same(run(*data[:4], x_new), eager)


@pytest.mark.parametrize(
    "build, message",
    [
        (lambda: FactorizedGP(EXACT(), 0, SharedGaussian(), 2), "num_local must be >= 1, got 0"),
        (lambda: FactorizedGP(EXACT(), 2, SharedGaussian(), 0), "num_shared must be >= 1, got 0"),
        (lambda: FactorizedGP(EXACT(), 2, SharedGaussian(), 2, view_columns=0), "view_columns must be >= 1"),
        (lambda: FactorizedGP(EXACT(), 3, SharedGaussian(), 1), "local is made for 2 channels, num_local is 3"),
        (
            lambda: FactorizedGP(Independent("float32"), 2, SharedGaussian(), 2),
            "local computes in float32, shared in float6",
        ),
        (lambda: fgp(view_columns=3).prior_covariance(tf.zeros([1, 2, 2])), "has 2 columns; expected at least"),
    ],
)
def test_bad_input_is_named(build, message):
    with pytest.raises(ValueError, match=message):
        build()
