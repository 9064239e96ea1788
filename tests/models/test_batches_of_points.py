"""Batches of points of one long series: which models take them, and what these have to know."""

import numpy as np
import pytest

from gpvae_tf import kernels
from gpvae_tf.data import from_arrays
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.models import SVGPVAE
from tests.support import sequence_models, tiny
from tests.support.fit_data import OPTIONS, dataset
from tests.support.seeds import seed_networks
from tests.support.tiny import IMAGE_SHAPE


def of_points(num=7, per_batch=4):
    """Batches of points of one series, of `num` points."""
    values = np.random.default_rng(0).uniform(size=(1, num, *IMAGE_SHAPE))
    return from_arrays(values, np.arange(1.0, num + 1.0), points_per_batch=per_batch)


TAKE_WHOLE_DATA_SETS = ("gp_vae", "markov_gp_vae", "vecchia_gp_vae", "banded", "fgp_vae", "sparse_fgp_vae")


@pytest.mark.parametrize("name", TAKE_WHOLE_DATA_SETS)
def test_batches_of_points_are_no_whole_data_sets(name, eagerly):
    model = getattr(sequence_models, name)()
    model.compile("adam")
    for ask in (model.fit, model.evaluate):
        with pytest.raises(ValueError, match=r"points_per_batch.*takes every batch for whole data sets: leave"):
            ask(of_points(), verbose=0)
    with pytest.raises(ValueError, match=r"validation_data: the data have batches of points \(points_per_batch\)"):
        model.fit(dataset(tiny.videos(np.random.default_rng(0))), validation_data=of_points(), verbose=0)
    assert model.num_steps == 0


def svgp_vae(num_data):
    seed_networks()
    points = InducingPoints(np.array([[1.0], [4.0], [7.0]]))
    kernel = kernels.exponentiated_quadratic(2.0)
    model = SVGPVAE(*tiny.build_networks(), kernel, points, num_data=num_data, **OPTIONS)
    model.compile("adam")
    return model


def test_batches_of_points_need_the_model_to_know_how_many_there_are(eagerly):
    for wrong in (None, 8):
        with pytest.raises(ValueError, match=f"num_data is {wrong}, .*points_per_batch.* of 7: give the model num"):
            svgp_vae(wrong).fit(of_points(), verbose=0)
    with pytest.raises(ValueError, match="x: num_data is None, and the data have batches of points"):
        svgp_vae(None).evaluate(of_points(), verbose=0)
    model = svgp_vae(7)
    model.fit(of_points(), validation_data=of_points(5), verbose=0)  # held-out points are others
    assert model.num_steps == 2


def test_batches_of_few_points_are_spoken_of(recwarn):
    """q(f_m) at three points is made of them; that of a deep SVIGP is not, and whole data are all there is."""
    with pytest.warns(
        UserWarning, match=r"a batch has 4 of 7 points, and q\(f_m\) at 3 inducing points is made of them"
    ):
        svgp_vae(7).check_training_batch(of_points().example)
    recwarn.clear()
    svgp_vae(7).check_training_batch(of_points(per_batch=7).example)
    sequence_models.deep_svigp().latent_gp.check_count(1)
    assert not [warning for warning in recwarn if "q(f_m)" in str(warning.message)]


@pytest.mark.parametrize("name", ["vae", "mean_field"])
def test_models_that_tie_no_points_together_take_batches_of_points(name, eagerly):
    model = getattr(sequence_models, name)()
    model.compile("adam")
    model.fit(of_points(), verbose=0)
    assert model.num_steps == 2


@pytest.mark.parametrize(("name", "num"), [("deep_svigp", 15), ("gppvae", 9), ("cvae", 9)])
def test_models_with_mini_batches_of_their_own_take_batches_of_points(name, num):
    getattr(sequence_models, name)().check_points(num)
