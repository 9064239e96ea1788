"""KL warm-up: the weight of every epoch, the exempt parts, and what stays out of it."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.objectives import BetaELBO, KLWarmUp
from gpvae_tf.types import Bound


@pytest.fixture
def bound(rng):
    reconstruction, first, second = (tf.constant(rng.normal(size=5)) for _ in range(3))
    parts = {"category_kl": first, "kl": second}
    return Bound(reconstruction, first + second, parts, tf.ones_like(first))


def test_weight_rises_by_epoch_from_the_first(bound):
    """min(1, e / 4) in epoch e = 1, 2, ... of three steps."""
    objective = KLWarmUp(4, steps_per_epoch=3)
    seen = []
    for _ in range(18):
        seen.append(float(objective.logs()["beta"]))
        np.testing.assert_allclose(objective(bound), BetaELBO(seen[-1])(bound), rtol=1e-6)
        objective.update(bound)
    np.testing.assert_allclose(seen, np.repeat([0.25, 0.5, 0.75, 1.0, 1.0, 1.0], 3))


def test_without_epochs_the_weight_is_one(bound):
    np.testing.assert_array_equal(KLWarmUp(0, steps_per_epoch=3)(bound), -bound.elbo)


def test_exempt_parts_have_the_full_weight(bound):
    objective = KLWarmUp(4, steps_per_epoch=3, exempt=["category_kl"])
    expected = -(bound.reconstruction + bound.parts["category_kl"] + 0.25 * bound.parts["kl"])
    np.testing.assert_allclose(objective(bound), expected, rtol=1e-12)


def test_refusals(bound):
    with pytest.raises(ValueError, match="epochs must be >= 0, got -1"):
        KLWarmUp(-1, steps_per_epoch=3)
    with pytest.raises(ValueError, match="steps_per_epoch must be >= 1, got 0"):
        KLWarmUp(1, steps_per_epoch=0)
    with pytest.raises(ValueError, match=r"exempt has \['kl_c'\]; the bound's parts are \['category_kl', 'kl'\]"):
        KLWarmUp(1, steps_per_epoch=1, exempt=["kl_c"])(bound)
