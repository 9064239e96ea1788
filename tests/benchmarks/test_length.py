"""The suite of lengths: what is timed, in which process, and what is made of it; no test looks at a time."""

import pytest

from gpvae_tf.benchmarks import length as timing
from gpvae_tf.benchmarks.length import EXACT, MARKOV, Cost, LengthSuite


def test_ratios_and_crossover(monkeypatch):
    """Exact: cubic in time. Markovian: linear, with a cost of its own."""
    asked = []

    def cost(function, name, length, steps, jit):
        asked.append((name, length))
        assert function is timing.cost_of and steps == 2
        return Cost(1e-9 * length**3, 2.0 * length**2) if name == EXACT else Cost(0.01 + 1e-4 * length, 3.0 * length)

    monkeypatch.setattr(timing, "run_in_fresh_process", cost)
    *parts, last = LengthSuite(rounds=2, lengths="1000,100,10000", longest_exact=1000).measure()
    assert [len(part) for part in parts] == [8, 8, 6] and (EXACT, 10_000) not in asked
    assert asked[:5] == [*((name, 100) for name in timing.BUILDERS), (EXACT, 1_000)]
    exact = {(m.dataset, m.metric): m.value for m in parts[1] if m.model == EXACT}
    assert exact["one sequence, T = 1,000", timing.TIME] == pytest.approx(1_000.0)
    found = {(m.model, m.metric): (m.dataset, m.value) for m in last}
    assert found[EXACT, "time of ten times the length"] == ("one sequence, T = 1,000 over 100", pytest.approx(1_000.0))
    assert found[MARKOV, "memory of ten times the length"] == (
        "one sequence, T = 10,000 over 1,000",
        pytest.approx(10.0),
    )
    assert found[MARKOV, "first length at which a step is faster than the exact GP's"] == ("one sequence", 1_000.0)


def test_no_crossover_is_said_too(monkeypatch):
    monkeypatch.setattr(
        timing, "run_in_fresh_process", lambda _, name, *rest: Cost(2.0 if name == MARKOV else 1.0, 1.0)
    )
    *_, last = LengthSuite(lengths="100,1000,10000", longest_exact=1000).measure()
    (found,) = (m for m in last if "exact GP's" in m.metric)
    assert found.value == 1_000.0 and "still slower than the exact GP's" in found.metric


@pytest.mark.parametrize("name", timing.BUILDERS)
def test_a_step_trains(name, eagerly):
    found = timing.cost_of(name, 12, 1, False)
    assert found.seconds > 0.0 and abs(found.memory) < 1e5  # a peak known to some pages may seem to fall
    assert timing.sequence(12).inputs.shape == (1, 12, 1)


@pytest.mark.parametrize("lengths", ["", "100,100", "1", "many"])
def test_lengths_are_refused(lengths):
    with pytest.raises(ValueError, match="--lengths must be different numbers >= 2"):
        LengthSuite(lengths=lengths)
