"""The suite of CP-VAE's Table 1: what is timed, and what memory is compared; no test looks at a time."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.benchmarks import priors as timing_priors
from gpvae_tf.benchmarks.priors import LIKELIHOODS, TIMED_PRIORS, PriorSuite, TimedPrior
from gpvae_tf.models.cp_estimators import Enumerate, StraightThrough
from gpvae_tf.models.hierarchical_vae import HierarchicalVAE
from gpvae_tf.priors import MixtureOfGaussians

ENUMERATED = "CP-VAE, K = 10, enumerated"


def test_both_parts(monkeypatch):
    """Times over the VAE's, with what is aimed at, and memory over that at a tenth of the draws."""
    few = {name: TIMED_PRIORS[name] for name in ("VAE", ENUMERATED)}
    slow = {"VAE": 2.0, ENUMERATED: 5.0}
    monkeypatch.setattr(timing_priors, "TIMED_PRIORS", few)
    monkeypatch.setattr(TimedPrior, "step", lambda timed, jit: timed)
    monkeypatch.setattr(
        timing_priors, "step_times", lambda steps, per_turn, rounds: {n: slow[n] * per_turn * rounds for n in steps}
    )
    monkeypatch.setattr(timing_priors, "run_in_fresh_process", lambda function, name, images, samples: 1.0 + samples)
    times, memory = PriorSuite(rounds=2, steps=3, images=7, samples=9).measure()
    assert {m.model: m.value for m in times} == {"VAE": 1.0, ENUMERATED: 2.5}
    assert [m.note for m in times] == ["12 s", "30 s, aim: at most 3"]
    assert {m.model: m.value for m in memory} == dict.fromkeys(LIKELIHOODS, pytest.approx(91 / 10))
    assert memory[0].note == "91 MiB with 90 draws, 10 MiB with 9"
    assert len(list(PriorSuite(rounds=1, steps=1, memory=False).measure())) == 1


def test_rows_are_those_of_the_table():
    assert [timed.model for timed in TIMED_PRIORS.values()] == ["vae", "mg", "vamp", "hvae", "hvp", "cp", "cp", "cp"]
    names = ("MG, K = 500", "HVP, K = 500", ENUMERATED, "CP-VAE, K = 500, one draw")
    mixture, two_levels, enumerated, drawn = (TIMED_PRIORS[name].build() for name in names)
    assert isinstance(mixture.prior, MixtureOfGaussians) and isinstance(two_levels, HierarchicalVAE)
    shapes = [tuple(tuple(v.shape) for v in model.prior.trainable_variables) for model in (mixture, two_levels)]
    assert (500, 40) in shapes[0] and any(shape[0] == 500 for shape in shapes[1])
    assert (enumerated.num_categories, type(enumerated.estimator)) == (10, Enumerate)
    assert (drawn.num_categories, type(drawn.estimator)) == (500, StraightThrough)


def test_a_step_trains():
    tf.config.run_functions_eagerly(True)  # nothing to trace
    try:
        step = TimedPrior("vae").step()
        first = step()
        assert step() > first and np.isfinite(first)
    finally:
        tf.config.run_functions_eagerly(False)


def test_memory_is_what_the_likelihood_adds(monkeypatch, eagerly):
    given, peaks = {}, iter([100.0, 164.0])

    def evaluate(model, images, *, num_samples, **options):
        given.update(model=model, images=images.numpy(), num_samples=num_samples)
        return images[:, 0, 0, 0]

    monkeypatch.setattr(timing_priors, "peak_memory", lambda: next(peaks))
    monkeypatch.setattr(timing_priors, "LIKELIHOODS", {"one": ("VAE", evaluate)})
    assert timing_priors.memory_of("one", 5, 20) == 64.0
    assert given["num_samples"] == 20 and given["model"].event_shape == given["images"].shape[1:] == (28, 28, 1)
    assert len(given["images"]) == 5 and set(np.unique(given["images"])) == {0.0, 1.0}
