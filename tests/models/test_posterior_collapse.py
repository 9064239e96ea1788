"""Latents that say nothing of the data are told of at the end of training."""

import re
import warnings

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.models.trainer import posterior_collapse
from tests.support import sequence_models, tiny


@pytest.mark.parametrize(
    ("build", "bias", "message"),
    [
        (sequence_models.mean_field, 0.0, "after 6 steps the regularizer of the bound is .*posterior collapse"),
        (sequence_models.gp_vae, -1.0, "after 6 steps the encoder gives the same for every observation: .*collapse"),
    ],
)
def test_latents_that_say_nothing_are_told_of(rng, monkeypatch, build, bias, message):
    """An encoder whose last weights are 0 and stay so: its KL is 0, or, of a GP, what it is of any constants."""
    monkeypatch.setattr(posterior_collapse, "ENOUGH_STEPS", 5)
    batches = tf.data.Dataset.from_tensors(tiny.videos(rng)).repeat()
    for dead in (True, False):
        model = build()
        last = model.encoder.layers[-1]
        if dead:
            last.set_weights([fill * np.ones_like(part) for fill, part in zip((0.0, bias), last.get_weights())])
        model.compile(keras.optimizers.SGD(0.0))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.fit(batches, steps_per_epoch=6, verbose=0)
            model.fit(batches, steps_per_epoch=4, verbose=0)  # too few to say
        told = [str(warning.message) for warning in caught if "posterior collapse" in str(warning.message)]
        assert len(told) == dead
        assert not dead or re.match(message, told[0])
