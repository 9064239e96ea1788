"""The moving-ball configuration: the authors' defaults, every contradiction refused by name, both presets built."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.as_coded.ball_kl import AsCodedGP
from gpvae_tf.experiments.moving_ball.config import ELBOS, BallConfig
from gpvae_tf.experiments.moving_ball.experiment import BallExperiment
from gpvae_tf.latent_gps import ExactGP, Independent, MarkovGP, SparseGP, TitsiasGP, VecchiaGP
from gpvae_tf.latent_gps.base import TINY_VARIANCE
from gpvae_tf.models import NeuralProcessGPVAE

AUTHORS_DEFAULTS = dict(
    steps=25000, beta0=1.0, elbo="GPVAE_Pearce", modellt=2.0, tmax=30, m=15, GP_joint=False, ip_joint=False,
    clip_qs=False, ip_min=1, ip_max=30, jitter=1e-9, clip_grad=False, vidlt=2.0, GP_init=2.0,
)  # fmt: skip


def test_defaults_are_the_authors():
    config = dataclasses.asdict(BallConfig())
    assert {name: config[name] for name in AUTHORS_DEFAULTS} == AUTHORS_DEFAULTS


@pytest.mark.parametrize(
    "given, names",
    [
        (dict(elbo="SVGPVAE"), ["--elbo", "SVGPVAE_Hensman"]),
        (dict(preset="theirs"), ["--preset", "authors_code"]),
        (dict(precision="float16"), ["--precision"]),
        (dict(modellt=3.0), ["--modellt", "--vidlt", "--GP_joint"]),
        (dict(modellt=-2.0, vidlt=-2.0), ["--modellt", "-2.0"]),
        (dict(GP_init=0.0), ["--GP_init"]),
        (dict(steps=0), ["--steps"]),
        (dict(m=0), ["--m"]),
        (dict(tmax=2), ["--tmax"]),
        (dict(ip_joint=True), ["--ip_joint", "--elbo=SVGPVAE_Hensman"]),
        (dict(elbo="VAE", GP_joint=True), ["--GP_joint"]),
        (dict(elbo="VAE", modellt=0.001), ["--modellt", "--elbo=GPVAE_Pearce"]),
        (dict(modellt=5.0, GP_joint=True), ["--modellt", "--noGP_joint"]),
        (dict(steps=np.int64(-5)), ["--steps", "-5"]),
        (dict(beta0=np.float32("nan")), ["--beta0", "finite"]),
        (dict(precision="float64", gp_dtype="float32"), ["--precision", "--gp_dtype"]),
    ],
)
def test_contradictions_name_their_flags(given, names):
    with pytest.raises(ValueError) as error:
        BallConfig(**given)
    assert all(name in str(error.value) for name in names), str(error.value)


@pytest.mark.parametrize(
    "given", [dict(m=31), dict(m=6, tmax=5), dict(ip_joint=True, ip_min=9, ip_max=9), dict(jitter=-1.0)]
)
def test_models_that_cannot_be_built(given):
    with pytest.raises(ValueError, match="inducing|jitter|ip_max"):
        BallExperiment(BallConfig(elbo="SVGPVAE_Hensman", **given)).build_model()


@pytest.mark.parametrize(
    "preset, hensman, clip", [("paper", SparseGP, (TINY_VARIANCE, np.inf)), ("authors_code", AsCodedGP, (1e-4, 1e3))]
)
def test_presets(preset, hensman, clip):
    model = BallExperiment(BallConfig(elbo="SVGPVAE_Hensman", preset=preset)).model
    assert type(model.latent_gp) is hensman and model.sample_clip == clip


def test_every_elbo_builds_its_model():
    kinds = {
        "VAE": Independent,
        "GPVAE_Pearce": ExactGP,
        "NP": ExactGP,
        "SVGPVAE_Hensman": SparseGP,
        "SVGPVAE_Titsias": TitsiasGP,
        "GPVAE_Markov": MarkovGP,
        "GPVAE_Vecchia": VecchiaGP,
    }
    assert set(kinds) == set(ELBOS)
    for elbo, kind in kinds.items():
        model = BallExperiment(BallConfig(elbo=elbo)).model
        assert type(model.latent_gp) is kind
        assert isinstance(model, NeuralProcessGPVAE) == (elbo == "NP")


def test_trainable_variables_follow_the_flags():
    count = lambda **given: len(BallExperiment(BallConfig(elbo="SVGPVAE_Hensman", **given)).model.trainable_variables)
    assert [count(), count(GP_joint=True), count(ip_joint=True), count(GP_joint=True, ip_joint=True)] == [8, 9, 9, 10]


def test_learned_values_start_where_the_flags_say():
    config = BallConfig(elbo="SVGPVAE_Hensman", GP_joint=True, GP_init=4.0, ip_joint=True, ip_min=5, ip_max=9, m=3)
    model = BallExperiment(config).model
    np.testing.assert_allclose(model.latent_gp.kernel.length_scale, [4.0, 4.0], rtol=1e-6)
    np.testing.assert_allclose(model.latent_gp.inducing_points.locations[1, :, 0], [5.0, 7.0, 9.0])


def test_precision_and_dtypes():
    for precision, variable in (("float32", tf.float32), ("mixed_bfloat16", tf.float32), ("float64", tf.float64)):
        model = BallExperiment(
            BallConfig(elbo="SVGPVAE_Hensman", GP_joint=True, ip_joint=True, precision=precision, tmax=5, m=3)
        ).model
        assert {v.dtype for v in model.trainable_variables} == {variable}
        images = tf.zeros([2, 5, 32, 32, 1])
        bound = model.elbo({"observations": images, "inputs": tf.reshape(tf.range(10.0), [2, 5, 1])})
        assert bound.elbo.dtype == tf.float64 and bound.elbo.shape == [2]


def test_evaluation_names_what_is_learned():
    config = BallConfig(
        elbo="SVGPVAE_Hensman", GP_joint=True, ip_joint=True, m=3, tmax=5, ip_max=5, preset="authors_code"
    )
    numbers = BallExperiment(config).evaluate()
    assert set(numbers) == {"test_sse", "test_rmse", "length_scale_x", "length_scale_y"} | {
        f"inducing_{axis}_{i:02d}" for axis in "xy" for i in range(3)
    }
    frames = 35 * 5
    assert numbers["test_rmse"] == pytest.approx(np.sqrt(numbers["test_sse"] / frames))  # one test batch in this preset
