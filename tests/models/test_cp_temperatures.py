"""Temperature schedules against the loops of the originals."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.models.cp_temperatures import Annealed, CompoundedByEpoch, Constant


def at(schedule, step):
    return float(schedule(tf.constant(step, tf.int64)))


def test_constant():
    assert at(Constant(0.67), 0) == at(Constant(0.67), 10**6) == pytest.approx(0.67)


def test_annealed_is_jang_s():
    schedule = Annealed()
    for step in (0, 1, 999, 1000, 12_345, 23_104, 24_000, 10**7):
        assert at(schedule, step) == pytest.approx(max(np.exp(-3e-5 * (step // 1000 * 1000)), 0.5), rel=1e-6)
    assert at(schedule, 999) == 1.0 > at(schedule, 1000)


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
        (lambda: Constant(0.0), "value"),
        (lambda: Annealed(rate=0.0), "rate"),
        (lambda: Annealed(floor=-1.0), "floor"),
        (lambda: Annealed(interval=0), "interval"),
        (lambda: CompoundedByEpoch(0), "steps_per_epoch"),
    ],
)
def test_refusals(build, name):
    with pytest.raises(ValueError, match=f"{name} must be positive"):
        build()
