"""Channels of classes have no intervals: repairs are fitted without them, and leave them as they are."""

import numpy as np
import pytest

from gpvae_tf.recalibration import Conformal, HeldOut, ResidualGP, StudentTScaling, VarianceScaling, load
from gpvae_tf.types import Imputation, Predictive

KINDS = pytest.mark.parametrize("kind", [VarianceScaling, StudentTScaling, Conformal])
PERS = pytest.mark.parametrize("per", [(), ("channel",), ("series",)])


@pytest.fixture
def hidden(rng):
    """Channels 1 to 3 are a class of which the model is too sure; errors of channel 0 are twice what it says."""
    shape = (6, 40, 4)
    mean, stddev = np.zeros(shape), np.ones(shape)
    truth = 2.0 * rng.normal(size=shape)
    mean[..., 1:], stddev[..., 1:] = [0.98, 0.01, 0.01], 0.1
    truth[..., 1:] = np.eye(3)[rng.integers(0, 3, shape[:2])]
    where = np.repeat(rng.uniform(size=(*shape[:2], 1)) < 0.8, 4, axis=-1)
    return HeldOut(truth, mean, stddev, where, first_channels=np.array([0, 1, 1, 1]))


@KINDS
@PERS
def test_the_repair_is_that_of_the_numbers_alone(hidden, kind, per, tmp_path):
    numbers = HeldOut(*(part[..., :1] for part in hidden[:4]))
    ours, alone = kind.fit(hidden, per), kind.fit(numbers, per)
    ours.save(tmp_path / "repair.json")
    made = Imputation(hidden.mean, hidden.mean, hidden.stddev, hidden.mean - 1.0, hidden.mean + 1.0)
    predicted = Predictive(made.mean, 0.5 * made.stddev, 0.5 * made.stddev, np.stack([made.mean, made.mean + 1]), None)
    for repair in (ours, load(tmp_path / "repair.json")):
        for before, after, expected in (
            (made, repair.imputation(made, 0.8), alone.imputation(of_numbers(made), 0.8)),
            (predicted, repair.predictive(predicted, (0.1, 0.9)), alone.predictive(of_numbers(predicted), (0.1, 0.9))),
        ):
            for own, was, one in zip(after, before, expected):
                if own is not None:
                    np.testing.assert_array_equal(np.asarray(own)[..., 1:], np.asarray(was)[..., 1:])
                    np.testing.assert_allclose(np.asarray(own)[..., :1], one, rtol=1e-5)


def of_numbers(made):
    return type(made)(*(None if part is None else part[..., :1] for part in made))


@KINDS
def test_classes_alone_have_nothing_to_repair(hidden, kind):
    classes = HeldOut(*(part[..., 1:] for part in hidden[:4]), first_channels=np.zeros(3, int))
    with pytest.raises(ValueError, match="what was hidden is classes alone, whose probabilities have no intervals"):
        kind.fit(classes)


def test_a_residual_gp_has_factors_of_numbers_and_of_classes(hidden):
    """Where a channel of a series has few values they are those of all; and what it leaves knows the classes too."""
    few = hidden._replace(
        where=hidden.where & (np.arange(40) < 3)[:, np.newaxis], inputs=np.tile(np.arange(40.0)[:, None], (6, 1, 1))
    )
    numbers = HeldOut(*(part[..., :1] for part in few[:4]), inputs=few.inputs)
    made = Imputation(hidden.mean, hidden.mean, hidden.stddev, hidden.mean - 1.0, hidden.mean + 1.0)
    both, alone = (ResidualGP.fit(each) for each in (few, numbers))
    np.testing.assert_allclose(
        np.asarray(both.imputation(made, 0.8).stddev)[..., :1], alone.imputation(of_numbers(made), 0.8).stddev
    )
    assert StudentTScaling.fit(both.left_out()).classes == (1, 2, 3)


def test_few_classes_do_not_stand_in_the_way_of_numbers(hidden):
    where = np.array(hidden.where)
    where[..., 1:] &= (np.arange(6) < 1)[:, np.newaxis, np.newaxis] & (np.arange(40) < 2)[:, np.newaxis]
    assert Conformal.fit(hidden._replace(where=where), ("channel",)).multipliers(0.9)[..., 1:].tolist() == [[[0.0] * 3]]


def test_densities_of_classes_stay(hidden):
    repair = VarianceScaling.fit(hidden)
    density = lambda values: -np.square(values)
    found = repair.log_density(density, hidden.truth, hidden.mean)
    np.testing.assert_allclose(found[..., 1:], density(hidden.truth)[..., 1:])
    assert np.all(np.asarray(found)[..., 0] != density(hidden.truth)[..., 0])
