"""What the suites share, and the suite of the ball: turns, ratios, rows; no test looks at a time."""

import itertools
import time
from typing import NamedTuple

import pytest

from gpvae_tf.benchmarks import SUITES
from gpvae_tf.benchmarks import moving_ball as timing_ball
from gpvae_tf.benchmarks import suite as timing
from gpvae_tf.benchmarks.measurement import Measurement, over_baseline, over_ours, render_measurements
from gpvae_tf.benchmarks.moving_ball import BallSuite
from gpvae_tf.comparison.case import FGP_VAE, CloneError
from gpvae_tf.flags.options import options_of


def test_options_of_one_name_have_one_default():
    """They are one flag of scripts/benchmark.py."""
    defaults = {}
    for suite in SUITES.values():
        for name, (field, _) in options_of(suite).items():
            defaults.setdefault(name, set()).add(field.default)
    assert "steps" in defaults and all(len(found) == 1 for found in defaults.values())


def test_models_take_turns_and_the_median_counts():
    order = []
    seconds = {"a": itertools.count(1.0), "b": itertools.count(10.0)}

    def turn(name):
        order.append(name)
        return [next(seconds[name]), next(seconds[name])]

    medians = timing.take_turns({name: lambda name=name: turn(name) for name in "ab"}, rounds=3)
    assert order == list("ababab") and medians == {"a": 3.5, "b": 12.5}


def test_warm_up_is_not_timed():
    steps = iter([0.2, 0.0, 0.0])
    seconds = timing.seconds_of(lambda: time.sleep(next(steps)), 2, warm_up=1)
    assert len(seconds) == 2 and max(seconds) < 0.2 and next(steps, None) is None


def test_ratios_are_the_right_way_round():
    ours = {"VAE": 0.5, "GP": 2.0}
    over = over_baseline(ours, "VAE", "m", dataset="d")
    assert [(m.model, m.value, m.note) for m in over] == [("VAE", 1.0, "500 ms"), ("GP", 4.0, "2 s")]
    slower = over_ours({"GP": 6.0}, ours, "m", dataset="d")
    assert [(m.model, m.value, m.note) for m in slower] == [("GP", 3.0, "theirs 6 s, ours 2 s")]


def test_table_has_value_unit_and_the_papers_value():
    rows = [
        Measurement("GP", "d", "ratio of times", 1.234, "1 s", paper=4.9),
        Measurement("GP", "d", "memory", 812.4, "-", unit="MiB"),
    ]
    header, first, second = render_measurements(rows).splitlines()
    assert header.split() == ["model", "data", "metric", "value", "paper", "measured"]
    assert "1.23   " in first and " 4.9 " in first and "812 MiB" in second


def test_a_suite_refuses_what_is_no_clone(tmp_path):
    with pytest.raises(CloneError, match="no clone of ratschlab/SVGP-VAE .it lacks GPVAE_Pearce_model.py, .*utils.py"):
        BallSuite(original=str(tmp_path))
    for name in FGP_VAE.files:
        (tmp_path / name).touch()
    with pytest.raises(CloneError, match="of ratschlab/SVGP-VAE .it lacks GPVAE_Pearce_model.py, SVGPVAE_model.py."):
        BallSuite(original=str(tmp_path))


class FakeSteps(NamedTuple):
    elbo: str
    steps: int

    def seconds(self, clone):
        return 1e6 * self.steps


def test_ball_suite(monkeypatch, tmp_path, eagerly):
    monkeypatch.setattr(timing, "recognise", lambda clone, repositories: None)
    monkeypatch.setattr(timing_ball, "original_steps", lambda elbo, steps: FakeSteps(elbo, steps))
    suite = BallSuite(rounds=1, steps=1, original=str(tmp_path))
    ours, theirs = suite.measure()
    assert [m.model for m in ours] == list(timing_ball.ELBOS) == [m.model for m in theirs]
    assert ours[0].value == 1.0 and all(m.value > 0 for m in ours) and all(m.value > 1e3 for m in theirs)
