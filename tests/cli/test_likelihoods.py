"""Likelihoods that flags of `gpvae fit` ask for."""

import pytest
import tensorflow as tf

from gpvae_tf import likelihoods, models, recalibration
from gpvae_tf.cli import options
from gpvae_tf.cli.likelihoods import asked
from gpvae_tf.cli.options import FitOptions


def test_names_of_flags_are_those_of_classes():
    """Options import no TensorFlow, and so know classes by their names alone."""
    for names, package, base in (
        (options.LIKELIHOODS, likelihoods, likelihoods.Likelihood),
        (options.MODELS, models, models.LatentVariableModel),
        (options.RECALIBRATIONS, recalibration, recalibration.Recalibration),
    ):
        for name in names.values():
            assert issubclass(getattr(package, name), base), name


@pytest.mark.parametrize("kind", ["gaussian", "negative_binomial"])
def test_noise_is_learned_by_shares_of_itself(kind):
    """A parameter about 1,000 is as far from 1 as one about 0.001 is."""
    likelihood = asked(FitOptions(likelihood=kind), ["visits"])
    (variable,) = likelihood.trainable_variables
    variance, beyond = likelihood.variance(tf.zeros(1)).numpy(), float(kind == "negative_binomial")
    variable.assign_add(tf.fill(variable.shape, 0.1))
    ratio = (likelihood.variance(tf.zeros(1)).numpy() - beyond) / (variance - beyond)
    assert ratio == pytest.approx([2.71828 ** (-1.0 if beyond else 1.0)], rel=1e-4)
