"""Times that `fit` refuses: those that a dtype or the algebra of a kernel cannot tell apart."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.models import FGPVAE, GPVAE, SVGPVAE, VAE
from gpvae_tf.models.input_checks import check_inputs
from gpvae_tf.scaling import Scaling
from tests.support import tiny
from tests.support.fit_data import OPTIONS, gp_vae
from tests.support.seeds import seed_networks

SINCE_1970 = 1_700_000_000.0


@pytest.fixture
def batch(batch):
    """The videos as arrays."""
    return {name: part.numpy() for name, part in batch.items()}


def since_1970(batch, dtype=np.float64):
    """The batch with its times 1 to 7 in minutes since 1970."""
    return batch | {"inputs": (SINCE_1970 + 60.0 * batch["inputs"].astype(np.float64)).astype(dtype)}


def test_times_that_a_dtype_merges_are_refused(batch):
    """Case 3: seconds since 1970 have two distinct values of seven in float32, and no differences under a kernel."""
    for far, message in (
        (
            since_1970(batch, np.float32),
            "inputs has values up to 17000.*float32 cannot tell apart: give them in float64",
        ),
        (since_1970(batch), r"inputs has values up to 17000.* with gaps of 60: a kernel in float64 loses .*scaling="),
    ):
        with pytest.raises(ValueError, match=message):
            gp_vae().check_batch(far)
    with pytest.raises(ValueError, match="float32 cannot tell apart"):
        VAE(*tiny.build_networks(), **OPTIONS).check_batch(since_1970(batch, np.float32))
    VAE(*tiny.build_networks(), **OPTIONS).check_batch(since_1970(batch))  # no kernel sees them


def test_times_that_float32_merges_all_are_refused(batch):
    """Seven frames at 25 per second since 1970 are one time, without a gap; equal times elsewhere are fine."""
    frames = (SINCE_1970 + batch["inputs"].astype(np.float64) / 25.0).astype(np.float32)
    assert len(np.unique(frames)) == 1
    for model in (gp_vae(), VAE(*tiny.build_networks(), **OPTIONS)):
        with pytest.raises(ValueError, match="values up to 17000.*float32 cannot tell apart: give them in float64"):
            model.check_batch(batch | {"inputs": frames})
    check_inputs(np.full((1, 7, 1), 100.0, np.float32))


@pytest.mark.parametrize(
    ("dtype", "start", "fits"),
    [
        ("float64", 0.0, True),
        ("float64", 1e6, True),
        ("float64", 1e8, False),
        ("float64", 1.7e9, False),
        ("float32", 0.0, True),
        ("float32", 100.0, True),
        ("float32", 1e4, False),
        ("float32", 1e6, False),
    ],
)
def test_what_a_kernel_s_algebra_loses_is_refused(dtype, start, fits):
    """Case 3 b: |x|^2 + |x'|^2 - 2 x x', whose error is measured here; it is refused where it is 0.1 or more.

    That is TFP's algebra, which inputs of many columns take (`kernels.covariance`); what is refused is so for all.
    """
    x = start + np.arange(8.0)[np.newaxis, :, np.newaxis]
    kernel = kernels.exponentiated_quadratic(2.0, dtype=dtype)
    found = kernel.matrix(tf.constant(x, dtype), tf.constant(x, dtype))[0].numpy()
    error = np.max(np.abs(found - np.exp(-0.5 * (np.subtract.outer(np.arange(8.0), np.arange(8.0)) / 2.0) ** 2)))
    assert (error < 0.1) == fits
    if fits:
        check_inputs(x, x, tf.as_dtype(dtype))
    else:
        with pytest.raises(ValueError, match=f"a kernel in {dtype} loses their differences"):
            check_inputs(x, x, tf.as_dtype(dtype))


def test_many_data_sets_with_times_of_their_own_are_told_apart(rng):
    """Their times together lie closer than float32 can tell; each one's own do not."""
    x = np.sort(rng.uniform(size=(4000, 50, 1)), axis=1).astype(np.float32)
    check_inputs(x, x.astype(np.float64))


@pytest.mark.parametrize("kind", [GPVAE, SVGPVAE, FGPVAE])
def test_a_model_with_scaling_takes_times_since_1970(kind, batch):
    """Latents and bound are those of a model of times from 0, to 1e-6."""
    results = []
    for data, scaling in ((since_1970(batch), Scaling(SINCE_1970, 60.0)), (batch, None)):
        seed_networks()
        parts = [*tiny.build_networks(), kernels.exponentiated_quadratic(2.0)]
        parts += [InducingPoints(np.array([[1.0], [4.0], [7.0]]))] if kind is SVGPVAE else []
        model = kind(*parts, scaling=scaling, **OPTIONS | ({"num_local": 1} if kind is FGPVAE else {}))
        model.check_batch(data)
        results.append([model.latents(data).mean, model.elbo(data, seed=tf.constant([1, 2])).elbo])
    for ours, expected in zip(*results, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-6, atol=1e-6)
