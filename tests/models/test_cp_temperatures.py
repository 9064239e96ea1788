"""Temperature schedules against the loops of the originals."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.models.cp_estimators import Relaxed
from gpvae_tf.models.cp_temperatures import Annealed, CompoundedByEpoch, at_step

STEPS = (0, 1, 999, 1000, 5000, 12_345, 23_104, 24_000, 100_000, 10**7)


def at(schedule, step):
    temperature = at_step(schedule, tf.constant(step, tf.int64))
    assert temperature.dtype == tf.float32
    return float(temperature)


def test_constant():
    assert [at(0.67, step) for step in STEPS] == len(STEPS) * [np.float32(0.67)]


@pytest.mark.parametrize("rate, floor, interval", [(3e-5, 0.5, 1000), (1e-4, 0.2, 500), (3e-5, 1e-3, 1)])
def test_annealed_is_jang_s(rate, floor, interval):
    schedule = Annealed(rate, floor, interval)
    for step in STEPS:
        expected = max(np.exp(-rate * (step // interval * interval)), floor)
        assert at(schedule, step) == pytest.approx(expected, rel=1e-6)


def test_annealed_changes_after_a_thousand_steps_by_default():
    assert at(Annealed(), 0) == at(Annealed(), 999) == 1.0 > at(Annealed(), 1000)


@pytest.mark.parametrize("schedule", [Annealed(1e-4, 0.2, 500), CompoundedByEpoch(7, 1e-3, 0.1)])
def test_schedules_are_keras_own(schedule):
    """An optimizer takes them, and Keras makes the same one again from its configuration."""
    again = type(schedule).from_config(schedule.get_config())
    assert [at(again, step) for step in STEPS] == [at(schedule, step) for step in STEPS]
    optimizer = keras.optimizers.SGD(schedule)
    assert float(optimizer.learning_rate) == at(schedule, 0)


def test_compounded_is_the_loop_of_the_code():
    schedule, temperature, floor_at = CompoundedByEpoch(steps_per_epoch=7), 1.0, None
    for epoch in range(1, 230):
        temperature = max(temperature * np.exp(-3e-5 * epoch), 0.5)
        floor_at = floor_at or (epoch if temperature == 0.5 else None)
        assert at(schedule, 7 * (epoch - 1)) == at(schedule, 7 * epoch - 1) == pytest.approx(temperature, rel=1e-5)
    assert floor_at == 215


@pytest.mark.parametrize(
    ("build", "name"),
    [
        (lambda: Relaxed(0.0), "temperature"),
        (lambda: Annealed(rate=0.0), "rate"),
        (lambda: Annealed(floor=-1.0), "floor"),
        (lambda: Annealed(interval=0), "interval"),
        (lambda: CompoundedByEpoch(0), "steps_per_epoch"),
    ],
)
def test_refusals(build, name):
    with pytest.raises(ValueError, match=f"{name} must be positive"):
        build()
