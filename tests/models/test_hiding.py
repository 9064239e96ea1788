"""What is hidden from the encoder in training: a bound that stays one, and what it is without hiding."""

import numpy as np
import pytest
import tensorflow as tf

import gpvae_tf
from gpvae_tf import kernels
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.latent_gps import SparseGP
from gpvae_tf.models import FGPVAE
from gpvae_tf.models.hiding import Hiding
from tests.support import image_models, sequence_models, tiny
from tests.support.seeds import seed_networks

SEED = tf.constant([5, 6])


@pytest.fixture
def batch(rng):
    return tiny.videos(rng)


def test_the_bound_given_a_part_is_the_bound_of_that_part_and_the_likelihood_of_the_rest(batch):
    """Posterior and KL are those of a batch whose hidden points are missing; the likelihood has all points."""
    model = sequence_models.gp_vae("float64", sample_clip=(1e-30, 1e-30))
    mask = np.ones((3, 7), bool)
    mask[0, 2] = mask[2, 5] = False
    part = {**batch, "mask": tf.constant(mask)}
    given, alone = model.elbo_given(part, batch, SEED), model.elbo(part, SEED)
    np.testing.assert_allclose(given.regularizer, alone.regularizer, rtol=1e-10)
    means = model.reconstruct(part).numpy()
    y = batch["observations"].numpy()
    nats = np.sum(y * np.log(means) + (1.0 - y) * np.log1p(-means), axis=(-3, -2, -1))
    np.testing.assert_allclose(given.reconstruction - alone.reconstruction, np.sum(nats * ~mask, axis=1), rtol=1e-6)
    assert given.num_points.numpy().tolist() == [7, 7, 7]


def factorized():
    """An FGP-VAE whose local channel has a sparse GP that knows N."""
    points = InducingPoints(np.array([[1.5], [3.0], [6.5]]), dtype="float64")
    local = SparseGP(kernels.exponentiated_quadratic(1.3), points, num_data=40)
    return FGPVAE(*tiny.build_networks("float64"), local, num_local=1, **sequence_models.OPTIONS)


def test_the_local_part_counts_points_too():
    with pytest.raises(ValueError, match="num_data is 40, and a data set of the batch has 41 observed points"):
        factorized().latent_gp.check_count(41)


@pytest.mark.parametrize(
    ("build", "part"),
    [(lambda: sequence_models.svgp_vae("float64", num_data=40), "kl"), (factorized, "local_kl")],
    ids=["SVGPVAE", "FGPVAE"],
)
def test_the_share_of_a_kl_is_that_of_the_points_whose_likelihood_counts(build, part, batch):
    """(b/N) KL with the b of the sum, of which q has seen 1, 2 and 3 points."""
    model, numbers = build(), np.arange(tiny.NUM_FRAMES)
    seen, in_bound = (numbers < np.array(sizes)[:, None] for sizes in ((1, 2, 3), (7, 5, 3)))
    context, whole = ({**batch, "mask": tf.constant(mask)} for mask in (seen, in_bound))
    given, alone = model.elbo_given(context, whole, SEED).parts, model.elbo(context, SEED).parts
    assert np.all(alone[part] < -1e-3)
    for name, value in given.items():
        np.testing.assert_allclose(value / alone[name], [7.0, 2.5, 1.0] if name == part else [1.0] * 3, rtol=1e-9)
    unmasked = model.elbo_given(context, batch, SEED).parts[part]
    np.testing.assert_allclose(unmasked / alone[part], [7.0, 3.5, 7.0 / 3.0], rtol=1e-9)


def test_nothing_hidden_is_the_usual_bound(batch):
    model = sequence_models.svgp_vae()
    for name in ("reconstruction", "regularizer"):
        np.testing.assert_array_equal(
            getattr(model.training_bound(batch, SEED), name), getattr(model.elbo(batch, SEED), name)
        )


@pytest.mark.parametrize(("points", "entries"), [(0.4, 0.0), (0.0, 0.4), (0.3, 0.3)])
def test_the_share_that_is_hidden(points, entries):
    observations = tf.zeros((50, 40, 2, 3))
    known = np.random.default_rng(0).uniform(size=(50, 40)) < 0.5
    mask = Hiding(points, entries).context({"observations": observations, "mask": known}, 2, SEED)["mask"].numpy()
    kept = mask if mask.ndim == 4 else mask[..., None, None]
    assert not np.any(kept & ~known[..., None, None])
    share = np.mean(kept[known])
    assert share == pytest.approx((1.0 - points) * (1.0 - entries), abs=0.03)
    other = Hiding(points, entries).context({"observations": observations, "mask": known}, 2, SEED + 1)["mask"]
    assert np.any(other != mask)


def test_channels_of_one_value_are_hidden_as_one():
    """Those of a class: one that was left would tell of the others."""
    batch = {"observations": tf.zeros((50, 40, 4))}
    mask = Hiding(entries=0.4).context(batch, 1, SEED, np.array([0, 1, 1, 0]))["mask"].numpy()
    np.testing.assert_array_equal(mask[..., 0], mask[..., 3])
    np.testing.assert_array_equal(mask[..., 1], mask[..., 2])
    assert np.mean(mask[..., 0]) == pytest.approx(0.6, abs=0.05) and np.any(mask[..., 0] != mask[..., 1])


def test_what_training_hides_depends_on_the_step(batch):
    """A training step's bound is another one than without, and evaluation hides nothing."""
    hidden = sequence_models.gp_vae(hiding=(0.5, 0.0))
    assert np.all(hidden.training_bound(batch, SEED).elbo != hidden.training_bound(batch, SEED + 1).elbo)
    plain = sequence_models.gp_vae()
    plain.set_weights(hidden.get_weights())
    np.testing.assert_array_equal(hidden.elbo(batch, SEED).elbo, plain.elbo(batch, SEED).elbo)


def test_what_cannot_hide_says_so(rng):
    for build in (sequence_models.neural_process, sequence_models.deep_svigp, sequence_models.gppvae):
        with pytest.raises(ValueError, match=r"hiding has no meaning for \w+, got \(0.1, 0.0\)"):
            build(hiding=(0.1, 0.0))
    with pytest.raises(ValueError, match=r"hiding.entries must lie in \[0, 1\), got 1.0"):
        sequence_models.gp_vae(hiding=(0.0, 1.0))
    with pytest.raises(ValueError, match=r"hiding must be two probabilities, .* got \(0.1, 0.2, 0.3"):
        sequence_models.gp_vae(hiding=(0.1, 0.2, 0.3))


@pytest.mark.parametrize("value", [(0.1, 0.2), [0.1, 0.2], Hiding(0.1, 0.2)], ids=["tuple", "list", "Hiding"])
@pytest.mark.parametrize("later", [False, True], ids=["argument", "assigned"])
def test_what_is_hidden_is_saved_however_it_was_said(value, later, tmp_path):
    """What another model's `hiding` is, too."""
    model = sequence_models.gp_vae(**{} if later else {"hiding": value})
    if later:
        model.hiding = value
    model.save(tmp_path / "model")
    loaded = gpvae_tf.load_model(tmp_path / "model")
    assert model.hiding == loaded.hiding == Hiding(0.1, 0.2)
    assert sequence_models.gp_vae(hiding=loaded.hiding).hiding == Hiding(0.1, 0.2)


def test_what_is_assigned_counts_from_the_next_step_on(batch):
    model = sequence_models.gp_vae()
    whole = model.training_bound(batch, SEED).elbo
    model.hiding = (0.5, 0.0)
    assert np.all(model.training_bound(batch, SEED).elbo != whole)
    with pytest.raises(ValueError, match="hiding.points must lie in"):
        model.hiding = (1.0, 0.0)
    with pytest.raises(ValueError, match="hiding has no meaning for DeepSVIGP"):
        sequence_models.deep_svigp().hiding = (0.5, 0.0)
    assert model.hiding == Hiding(0.5, 0.0)


IMAGES_THAT_HIDE = [
    (lambda **how: image_models.image_vae("mean_field", **how)),
    (lambda **how: image_models.image_vae("semi_amortized", **how)),
    image_models.cp_vae,
    image_models.hierarchical_vae,
]


@pytest.mark.parametrize("build", IMAGES_THAT_HIDE)
def test_the_bound_of_images_given_a_part_of_them(build, rng):
    """KL and draws are those of an image whose hidden pixels are missing; the likelihood has all, part by part."""
    seed_networks()
    model, batch = build(), image_models.binary_images(rng)
    seen = tf.constant(rng.uniform(size=batch["observations"].shape) < 0.6)
    part, rest = batch | {"mask": seen}, batch | {"mask": ~seen}
    whole, alone, others = (model.elbo_given(part, given, SEED) for given in (batch, part, rest))
    for name, value in whole.parts.items():
        np.testing.assert_allclose(value, alone.parts[name], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(whole.reconstruction, alone.reconstruction + others.reconstruction, rtol=1e-5)
    np.testing.assert_array_equal(model.elbo_given(batch, batch, SEED).elbo, model.elbo(batch, SEED).elbo)
    assert np.all(np.abs(whole.elbo - model.elbo(batch, SEED).elbo) > 1e-4)


@pytest.mark.parametrize("build", IMAGES_THAT_HIDE)
def test_models_of_images_hide_in_training_only(build, rng):
    batch = image_models.binary_images(rng)
    seed_networks()
    model = build(hiding=(0.2, 0.5))
    assert model.hiding == Hiding(0.2, 0.5)
    given = model.hiding.context(batch, 3, tf.random.split(SEED)[0])
    expected = model.elbo_given(given, batch, tf.random.split(SEED)[1])
    np.testing.assert_array_equal(model.training_bound(batch, SEED).elbo, expected.elbo)
    np.testing.assert_array_equal(model.testing_bound(batch, SEED).elbo, model.elbo(batch, SEED).elbo)


def test_images_that_say_where_others_lie_hide_nothing():
    with pytest.raises(ValueError, match="hiding has no meaning for NonparametricVAE, got"):
        image_models.nonparametric_vae(hiding=(0.0, 0.5))
