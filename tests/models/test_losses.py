"""The "loss" of the logs: what is minimised in training, what is comparable from epoch to epoch in validation."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.as_coded import AsCodedGECO
from gpvae_tf.models.cp_estimators import Enumerate, StraightThrough
from gpvae_tf.objectives import GECO, BetaELBO, KLWarmUp, Objective
from gpvae_tf.types import Bound
from tests.support import image_models, sequence_models

SEED = tf.constant([3, 4])


@pytest.mark.parametrize("objective", [None, BetaELBO(0.25), KLWarmUp(4, 1)], ids=["default", "beta", "warm-up"])
def test_loss_is_what_is_minimised(objective, rng, eagerly):
    """Of the batch before the step, with the step's draw, averaged over the data sets."""
    batch = sequence_models.videos(rng)
    model = sequence_models.svgp_vae(objective=objective)
    model.compile("sgd")
    bound = model.elbo(batch, seed=model.step_seed())
    weight = {"BetaELBO": getattr(objective, "beta", 1.0), "KLWarmUp": 0.25}[type(model.objective).__name__]
    history = model.fit(tf.data.Dataset.from_tensors(batch), verbose=0).history
    expected = -np.mean(bound.reconstruction + weight * bound.regularizer)
    np.testing.assert_allclose(history["loss"], [expected], rtol=1e-5)
    assert (history["loss"][0] == -history["elbo"][0]) == (objective is None)


def test_loss_is_a_mean_over_the_epoch(rng, eagerly):
    model = sequence_models.vae()
    model.compile("sgd")
    batch = sequence_models.videos(rng)
    data = tf.data.Dataset.from_tensors(batch).repeat(3)
    history = model.fit(data, epochs=2, verbose=0).history
    np.testing.assert_allclose(history["loss"], -np.array(history["elbo"]), rtol=1e-6)
    assert history["loss"][0] != history["loss"][1]


BOUND = Bound(tf.constant([-3.0, -1.0]), tf.constant([-2.0, -4.0]), {}, tf.constant([1.0, 1.0]))


class Rising(Objective):
    """A weight of one's own that moves."""

    def __init__(self):
        super().__init__(name="rising")
        self.weight = tf.Variable(0.1, trainable=False)

    def __call__(self, bound):
        return -(bound.reconstruction + self.weight * bound.regularizer)

    def update(self, bound):
        self.weight.assign_add(0.1)


@pytest.mark.parametrize(
    "make",
    [lambda: GECO(-1.0), lambda: AsCodedGECO(-1.0, pixels_per_nat=0.1), lambda: KLWarmUp(9, 1), Rising],
)
def test_validation_is_judged_by_the_elbo_where_weights_move(make):
    objective = make()
    np.testing.assert_array_equal(objective.validation_loss(BOUND), [5.0, 5.0])
    assert np.all(objective(BOUND) != objective.validation_loss(BOUND))


def test_validation_is_judged_by_the_objective_where_weights_stay(rng, eagerly):
    np.testing.assert_array_equal(BetaELBO(0.5).validation_loss(BOUND), [4.0, 3.0])
    batch = sequence_models.videos(rng)
    model = sequence_models.svgp_vae(objective=BetaELBO(0.5))
    model.compile("sgd")
    logs = model.evaluate(tf.data.Dataset.from_tensors(batch), verbose=0, return_dict=True)
    np.testing.assert_allclose(logs["loss"], -logs["reconstruction"] - 0.5 * logs["regularizer"], rtol=1e-5)
    assert next(iter(logs)) == "loss"


def test_cp_vae_validates_with_its_own_estimator(rng, eagerly):
    batch = image_models.binary_images(rng)
    model = image_models.cp_vae(estimator=StraightThrough(), test_estimator=Enumerate())
    model.compile("sgd")
    logs = model.evaluate(tf.data.Dataset.from_tensors(batch), verbose=0, return_dict=True)
    bound = model.bound(batch, Enumerate(), model.step_seed(salt=1))
    np.testing.assert_allclose(logs["loss"], -np.mean(bound.elbo), rtol=1e-5)


def test_the_loss_is_no_part_of_checkpoints():
    """Those of runs from before it was logged would lack it."""
    model = sequence_models.vae()
    kept = [*model.variables, *tf.train.TrackableView(model).descendants()]
    of_loss = [variable for metric in model.metrics if metric.name == "loss" for variable in metric.variables]
    assert len(of_loss) == 2 and not {id(part) for part in kept} & {id(variable) for variable in of_loss}
