"""The suite of inference times: what is timed, both forms of the GP encoder's products; no test looks at a time."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.benchmarks import inference as timing_inference
from gpvae_tf.benchmarks.inference import InferenceSuite, compare_forms, product_ratio
from gpvae_tf.benchmarks.inference_families import (
    BASELINE,
    GP,
    LOOP,
    TIMED,
    LoopedCovariance,
    inference_step,
    project_in_a_loop,
)
from gpvae_tf.benchmarks.inference_times import COLUMNS
from gpvae_tf.benchmarks.layer_products import products
from gpvae_tf.datasets.image_benchmarks import BENCHMARKS
from gpvae_tf.networks.images import CELEBA
from gpvae_tf.networks.images import MNIST_AND_OMNIGLOT as NETWORKS
from gpvae_tf.posteriors.random_weights import FullCovariance


def stub_steps(monkeypatch, *others: str) -> None:
    """Steps that build nothing, of the VAE, both forms of the GP encoder, and others."""
    timed = {name: lambda networks, size: networks for name in (BASELINE, GP, LOOP, *others)}
    monkeypatch.setattr(timing_inference, "TIMED", timed)
    monkeypatch.setattr(timing_inference, "inference_step", lambda posterior, networks, jit: posterior)


def test_every_part(monkeypatch):
    """The paper's numbers stand beside its dimension only, and beside the loop, which its code has."""
    stub_steps(monkeypatch)
    seconds = {BASELINE: 1.0, GP: 3.0, LOOP: 4.0}
    monkeypatch.setattr(timing_inference, "step_times", lambda steps, *turns: {name: seconds[name] for name in steps})
    first, of_first, second, of_second = InferenceSuite(rounds=1, batches=1, z_dim="3,50").measure()
    assert [m.value for m in first] == [m.value for m in second] == [1.0, 3.0, 4.0]
    assert [m.paper for m in first] == 3 * [None] and [m.paper for m in second] == [1.0, None, pytest.approx(2.75)]
    assert [part[0].value for part in (of_first, of_second)] == [
        pytest.approx(3 / product_ratio(NETWORKS, n)) for n in (3, 50)
    ]
    batched, loop = ({m.model: m.value for m in part[1:]} for part in (of_first, of_second))
    assert batched[GP] == loop[GP] and loop[LOOP] > 5 * batched[LOOP]  # operations: the same, and with every dimension
    assert len({m.dataset for m in first + of_first}) == 1 != len({m.dataset for m in first + second})


def test_every_column_of_table_5_has_its_networks_and_the_papers_times(monkeypatch):
    stub_steps(monkeypatch, "VLAE (1)")
    used = []
    monkeypatch.setattr(timing_inference, "step_times", lambda steps, *_: used.append(steps) or dict.fromkeys(steps, 1))
    monkeypatch.setattr(timing_inference, "compare_forms", lambda dataset, units, size: [])
    first = lambda **given: next(iter(InferenceSuite(rounds=1, batches=1, **given).measure()))
    found = {m.model: m for m in first(networks="celeba", z_dim="50")}
    assert set(used[0].values()) == {CELEBA} and "VLAE (1)" not in found  # Table 11 has MNIST and OMNIGLOT alone
    assert found[LOOP].paper == pytest.approx(9.2 / 2.7) and "CelebA, 64 x 64 x 3" in found[LOOP].dataset
    short = {m.model: m for m in first(networks="omniglot", z_dim="10")}["VLAE (1)"]
    assert short.paper is None and short.note.endswith("paper 11.2 ms")  # no time of the VAE to divide it by
    assert COLUMNS["mnist"].published[50] != COLUMNS["omniglot"].published[50] and set(COLUMNS) == {*BENCHMARKS}
    with pytest.raises(ValueError, match="--networks must be one of mnist, omniglot, .*, got 'faces'"):
        InferenceSuite(networks="faces")


def test_products_of_the_paper():
    """The numbers of docs/deviations.md, G3, counted by hand."""
    convolutions = 14 * 14 * 16 * 32 + 7 * 7 * 16 * 32 * 32 + 3 * 3 * 16 * 32 * 64
    assert products(NETWORKS.features()) == convolutions + 576 * 256
    assert products(NETWORKS.encoder(100)) == convolutions + 576 * 256 + 256 * 100
    shared, forms = convolutions + 576 * 256, 2 * 50 * 256 * (256 * 9 / 16 + 2)  # of L_j^T psi, 9 of 16 parts
    assert product_ratio(NETWORKS, 50) == pytest.approx((3 * shared + 256 * 100 + forms) / (shared + 256 * 100))


def test_both_forms_are_the_moments(rng):
    features, mean, factor = rng.normal(size=(5, 4)), rng.normal(size=(3, 4)), rng.normal(size=(3, 4, 4))
    found = project_in_a_loop(*(tf.constant(part) for part in (features, mean, factor)))
    covariances = factor @ factor.transpose(0, 2, 1)
    np.testing.assert_allclose(found.mean, features @ mean.T, rtol=1e-12)
    np.testing.assert_allclose(found.variance, np.einsum("bp,jpq,bq->bj", features, covariances, features), rtol=1e-12)
    batched, loop = FullCovariance(3, 4, 0.5), LoopedCovariance(3, 4, 0.5)
    for weights in (batched, loop):
        weights.mean.assign(mean)
        weights.raw_factor.assign(factor)
    for one, other in zip(batched.project(tf.constant(features)), loop.project(tf.constant(features))):
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_a_loop_that_differs_is_no_reference(monkeypatch):
    wrong = lambda features, mean, factor: project_in_a_loop(features, mean, 1.01 * factor)
    monkeypatch.setattr(timing_inference, "project_in_a_loop", wrong)
    with pytest.raises(ArithmeticError, match="differ by 0.02"):
        compare_forms("d", 16, 2)


@pytest.mark.parametrize("name", ["SA (1)", "IAF (2)", "HF (2)", "RME (5)", "VLAE (1)"])
def test_families_draw(name):
    tf.config.run_functions_eagerly(True)  # nothing to trace
    try:
        z, log_prob = inference_step(TIMED[name](NETWORKS, 2), NETWORKS)()
    finally:
        tf.config.run_functions_eagerly(False)
    assert z.shape == (1, 128, 2) and log_prob.shape == (1, 128)
    assert np.isfinite(z).all() and np.isfinite(log_prob).all() and np.unique(z).size > 200


@pytest.mark.parametrize("z_dim", ["", "10,", "0", "10,x", "-3", "10,10", "10,1.5"])
def test_dimensions_are_refused(z_dim):
    with pytest.raises(ValueError, match="--z_dim must be different numbers >= 1 such as 10,20,50"):
        InferenceSuite(z_dim=z_dim)
