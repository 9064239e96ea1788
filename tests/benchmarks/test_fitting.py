"""The suite of what `fit` adds to a step: what is timed, and what is made of it; no test looks at a time."""

import pytest

from gpvae_tf.benchmarks import fitting
from gpvae_tf.benchmarks.fitting import FitSuite


def test_both_kinds_of_fit_are_compared_with_the_step(monkeypatch):
    asked = []

    def compiled(experiment, at_once, jit):
        asked.append((type(experiment).__name__, at_once, jit))
        return at_once

    monkeypatch.setattr(fitting, "_compiled", compiled)
    monkeypatch.setattr(fitting, "_bare", lambda at_once, steps, jit: lambda: [2.0 * at_once])
    monkeypatch.setattr(fitting, "_fit", lambda at_once, steps: lambda: [4.0 if at_once == 1 else 3.0])
    found = [one for part in FitSuite(rounds=1, jit="off", steps_per_execution=5).measure() for one in part]
    assert (
        len(found) == 2 * sum(map(len, fitting.ROWS.values())) == len({(m.model, m.dataset, m.metric) for m in found})
    )
    assert [m.value for m in found[:2]] == [2.0, 1.5] and asked[:2] == [("BallExperiment", n, False) for n in (1, 5)]
    assert "1 in one go" in found[0].metric and "5 in one go" in found[1].metric
    alone = [one for part in FitSuite(rounds=1, table="gpencoder").measure() for one in part]
    assert {m.model for m in alone} == {"VAE", "GP encoder"}
    with pytest.raises(ValueError, match="--table must be one of moving_ball, rotated_mnist, cpvae, gpencoder, got"):
        FitSuite(table="npvae")


def test_a_row_is_timed(monkeypatch, eagerly):
    """Two steps of every turn, in eager mode."""
    table = next(iter(fitting.ROWS))
    monkeypatch.setattr(fitting, "ROWS", {table: ("VAE",)})
    (found,) = FitSuite(rounds=1, steps=2, steps_per_execution=2).measure()
    assert [m.model for m in found] == ["VAE", "VAE"] and all(m.value > 0.0 for m in found)
