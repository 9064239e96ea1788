"""A TFP kernel of Python numbers computes in float64, as kernels do here; one that says float32 in float32."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from gpvae_tf import kernels
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.latent_gps import (
    BandedGP,
    CorrelatedSharedGaussian,
    ExactGP,
    LatentDataset,
    MarkovGP,
    SharedGaussian,
    SparseGP,
    VecchiaGP,
)
from gpvae_tf.latent_gps.factorized import FactorizedGP
from gpvae_tf.latent_gps.kernel_dtype import least_noise, with_double_precision
from gpvae_tf.latent_gps.product_features import ProductFeatures
from gpvae_tf.models import FGPVAE, GPVAE, SVGPVAE
from tests.support import tiny
from tests.support.seeds import seed_networks

psd = tfp.math.psd_kernels
X = np.linspace(0.0, 9.0, 40)[:, np.newaxis]
KERNELS = {  # what makes it from a number
    "squared exponential": lambda number: psd.ExponentiatedQuadratic(amplitude=number(2), length_scale=number(20.0)),
    "sum": lambda number: psd.MaternOneHalf(length_scale=number(1.5)) + psd.Linear(slope_amplitude=number(0.1)),
    "product of transformed": lambda number: (
        kernels.on_columns(psd.ExponentiatedQuadratic(length_scale=number(2.0)), slice(0, 1))
        * kernels.on_columns(psd.Constant(constant=number(3.0)), slice(0, None))
    ),
    "cosine": lambda number: kernels.Cosine(number(2), number(7.1)) * psd.MaternOneHalf(length_scale=number(1.5)),
    "scaled": lambda number: psd.FeatureScaled(psd.MaternThreeHalves(length_scale=number(1.0)), scale_diag=number(0.7)),
}


@pytest.mark.parametrize("build", KERNELS.values(), ids=KERNELS)
def test_python_numbers_are_float64(build):
    kernel, single = with_double_precision(build(lambda value: value)), build(lambda value: value)
    assert kernel.dtype == tf.float64 and single.dtype == tf.float32
    expected = build(np.float64).matrix(X, X)
    np.testing.assert_allclose(kernel.matrix(X, X), expected, rtol=1e-14)
    assert np.max(np.abs(single.matrix(X.astype(np.float32), X.astype(np.float32)).numpy() - expected)) > 1e-8


@pytest.mark.parametrize(
    "kernel",
    [
        kernels.exponentiated_quadratic(2.0),
        kernels.exponentiated_quadratic(2.0, dtype="float32"),
        kernels.periodic(trainable=True, dtype="float32"),
        psd.ExponentiatedQuadratic(length_scale=np.float32(2.0)),
        psd.ExponentiatedQuadratic(amplitude=1.0, length_scale=tf.Variable(2.0)),
        psd.ExponentiatedQuadratic(length_scale=np.float32(2.0)) + psd.MaternOneHalf(length_scale=1.0),
        psd.ExponentiatedQuadratic(),
    ],
)
def test_a_kernel_that_says_its_dtype_keeps_it(kernel):
    assert with_double_precision(kernel) is kernel


@pytest.mark.parametrize(
    "build",
    [
        ExactGP,
        BandedGP,
        VecchiaGP,
        lambda kernel: SparseGP(kernel, InducingPoints(X[::8])),
        CorrelatedSharedGaussian,
        lambda kernel: ProductFeatures(kernel, X[:3]),
    ],
)
def test_every_latent_gp_with_a_kernel_asks(build):
    assert build(psd.ExponentiatedQuadratic(length_scale=20.0)).dtype == tf.float64
    assert build(psd.ExponentiatedQuadratic(length_scale=np.float32(20.0))).dtype == tf.float32
    with pytest.raises(TypeError, match="must be a tfp.math.psd_kernels"):
        build(20.0)


@pytest.mark.parametrize("kind", [GPVAE, SVGPVAE, FGPVAE])
def test_a_bound_in_float32_is_right_for_encoders_that_are_certain(kind, rng):
    """Noise of 1e-6 leaves float32 no digits: the bound was 97,727 where it is -13,221 (exact GP)."""
    frames = (rng.uniform(size=(2, 30, *tiny.IMAGE_SHAPE)) < 0.3).astype(np.float32)
    batch = {"observations": frames, "inputs": np.tile(np.arange(1.0, 31.0)[:, None], (2, 1, 1))}
    found = {}
    least = least_noise(psd.ExponentiatedQuadratic(length_scale=np.float32(5.0)), tf.zeros([30, 1]), 30).numpy().item()
    for dtype, clip in (("float32", None), ("float64", (least, np.inf))):
        seed_networks()
        encoder, decoder = tiny.build_networks()
        encoder.layers[-1].bias.assign([0.0, 0.0, -13.8, -13.8])
        parts = [encoder, decoder, kernels.exponentiated_quadratic(5.0, dtype=dtype)]
        parts += [InducingPoints(np.linspace(1.0, 30.0, 30)[:, None])] if kind is SVGPVAE else []
        more = {"num_local": 1} if kind is FGPVAE else {}
        model = kind(*parts, event_shape=tiny.IMAGE_SHAPE, latent_dim=2, noise_clip=clip, **more)
        found[dtype] = model.elbo(batch, seed=tf.constant([0, 1])).regularizer.numpy()
    assert np.all(found["float64"] < 0.0)
    np.testing.assert_allclose(found["float32"], found["float64"], rtol=0.1)


def variance_loss(make, times, noise):
    """The greatest error of a posterior variance in float32 at data with a noise variance, in units of that."""
    found = []
    for dtype in ("float32", "float64"):
        x, y = (tf.constant(part.astype(dtype)) for part in (times[None, :, None], np.sin(times)[None, None]))
        found.append(make(dtype).condition(LatentDataset(x, y, tf.fill(y.shape, tf.cast(noise, dtype)))).marginals())
    return np.max(np.abs(np.asarray(found[0].variance, np.float64) - found[1].variance)) / noise


@pytest.mark.parametrize("length", [40, 400])
@pytest.mark.parametrize(
    ("make", "coupled"),
    [
        (lambda dtype: MarkovGP(kernels.matern(0.5, 5.0, dtype=dtype)), 1),
        (lambda dtype: MarkovGP(kernels.matern(2.5, 5.0, dtype=dtype)), 3),
        (lambda dtype: VecchiaGP(kernels.matern(1.5, 5.0, dtype=dtype), 8), 8),
    ],
)
def test_the_least_noise_keeps_variances_whatever_the_length(make, coupled, length):
    """A state's algebra, or a neighbourhood's, loses as much of them in a long sequence as in a short one."""
    times = np.arange(length) * 1.0
    gp, x = make("float32"), tf.constant(times[:, None].astype(np.float32))
    least = gp.least_noise(x).numpy().item()
    assert least == pytest.approx(100.0 * coupled * np.finfo(np.float32).eps)
    assert variance_loss(make, times, least) < 0.01
    assert variance_loss(make, times, least / (1_000.0 * coupled)) > 0.01
    in_double = make("float64").least_noise(tf.cast(x, tf.float64)).numpy().item()
    assert in_double == pytest.approx(100.0 * coupled * np.finfo(np.float64).eps)


@pytest.mark.parametrize(
    ("gp", "expected"),
    [
        (ExactGP(kernels.exponentiated_quadratic(5.0, 3.0, dtype="float32")), 30 * 9.0),
        (SparseGP(kernels.exponentiated_quadratic(5.0, 3.0, dtype="float32"), InducingPoints(X[::10])), 4 * 9.0),
        (
            FactorizedGP(
                ExactGP(kernels.exponentiated_quadratic(5.0, [1.0, 2.0], dtype="float32")),
                2,
                SharedGaussian("float32"),
                1,
            ),
            30 * 4.0,
        ),
    ],
    ids=["exact", "sparse", "factorized"],
)
def test_the_least_noise_is_that_of_points_times_variance(gp, expected):
    """The points that are factorised together, the inducing ones of a sparse GP; the greatest of several channels."""
    least = gp.least_noise(tf.zeros([30, 1])).numpy().item()
    assert least == pytest.approx(100.0 * expected * np.finfo(np.float32).eps)


@pytest.mark.parametrize("kind", [GPVAE, SVGPVAE])
def test_a_bound_in_float64_is_none_above_0_for_encoders_that_know_all(kind, rng):
    """Noise of 1e-22, as far from the data that an encoder has learned from: the regularizer was 365,722 once."""
    frames = (rng.uniform(size=(2, 30, *tiny.IMAGE_SHAPE)) < 0.3).astype(np.float32)
    batch = {"observations": frames, "inputs": np.tile(np.arange(1.0, 31.0)[:, None], (2, 1, 1))}
    encoder, decoder = tiny.build_networks()
    encoder.layers[-1].bias.assign([0.0, 0.0, -50.0, -50.0])
    points = [InducingPoints(np.linspace(1.0, 30.0, 30)[:, None])] if kind is SVGPVAE else []
    model = kind(
        encoder, decoder, kernels.exponentiated_quadratic(5.0), *points, event_shape=tiny.IMAGE_SHAPE, latent_dim=2
    )
    assert np.all(model.elbo(batch, seed=tf.constant([0, 1])).regularizer < 0.0)
