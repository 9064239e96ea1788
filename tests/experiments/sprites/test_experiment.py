"""SPRITES on small made-up characters: every model trains, is scored, exported and drawn; what is refused."""

import dataclasses
import weakref

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.experiments.config import RunOptions
from gpvae_tf.experiments.run import parse
from gpvae_tf.experiments.sprites import pictures, starts
from gpvae_tf.experiments.sprites.config import SpritesConfig
from gpvae_tf.experiments.sprites.experiment import SpritesExperiment
from gpvae_tf.experiments.sprites.representation import pretrain
from gpvae_tf.experiments.sprites.scores import style_scores
from gpvae_tf.latent_gps import SparseGP, TitsiasGP
from gpvae_tf.training.history import read_history
from gpvae_tf.training.scores import write_scores
from tests.support import sprites_folder
from tests.support.runs import trained
from tests.support.sprite_sheets import write_sheets

README = "--elbo SVGPVAE_Hensman --ip_joint --GPLVM_joint --PCA --clip_qs --GECO --object_kernel_normalize --clip_grad"
LEARNED = dict(elbo="SVGPVAE_Hensman", ip_joint=True, GPLVM_joint=True, PCA=True)

CLASSIFIER = dict(learning_rate=0.01, epochs=1, batch_size=16, seed=0)

pytestmark = pytest.mark.filterwarnings("ignore:Even though the .*run_functions_eagerly")


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    return sprites_folder.write(tmp_path_factory.mktemp("sprites"))


@pytest.fixture
def make(given):
    def make(elbo: str, **more) -> SpritesExperiment:
        of_a_gp = sprites_folder.OF_A_GP if elbo != "VAE" else {}
        fields = {**given, **sprites_folder.OF_ALL, **of_a_gp, "elbo": elbo, **more}
        return SpritesExperiment(SpritesConfig(**fields))

    return make


def test_the_readme_command_is_understood():
    config, _ = parse(SpritesExperiment, README.split())
    assert config.opt_regime == ("joint-50",) and config.kappa_squared == 0.0075 and config.precision == "float32"
    assert parse(SpritesExperiment, [*README.split(), "--preset=authors_code"])[0].precision == "float32"


def test_svgp_vae_trains_is_scored_exported_and_drawn(make, tmp_path, eagerly):
    experiment = trained(make(**LEARNED, opt_regime=("joint-2",), GECO=True, object_kernel_normalize=True), tmp_path)
    assert experiment.model.num_steps == 2 * 3 and (tmp_path / "representation.npz").exists()
    assert read_history(tmp_path / "metrics.csv")["data_epoch"].tolist() == [1, 2]
    scores = experiment.score().numbers
    assert {"test_mse", "test_mse_sampled", "test_mse_context_1", "test_mse_context_9"} <= scores.keys()
    assert scores["test_mse_context_1_inferred"] < scores["test_mse_context_1"]
    assert scores["test_mse"] != scores["test_mse_sampled"] and all(np.isfinite(v) for v in scores.values())
    write_scores(tmp_path, 6, scores)
    drawn = pictures.draw_run(tmp_path, experiment, RunOptions())
    assert {"generations", "poses", "pose_space", "error_by_context", "multiplier", "training_curves"} <= drawn.keys()
    names = [label.get_text() for label in drawn["pose_space"].axes[-1].get_yticklabels()]
    assert names == ["slash left", "slash right", "walk left", "walk right"]
    assert [path.name for path in experiment.write_extras(tmp_path, RunOptions())] == ["poses.gif"]
    truth, generated = experiment.generate(experiment.data.test)
    assert truth.shape == generated.shape == (2, 7, 8, 8, 3)
    np.testing.assert_allclose(np.mean((truth - generated) ** 2), scores["test_mse"], rtol=1e-4)
    context = experiment.data.test.read()[:, :5] / np.float32(256)
    loaded = tf.saved_model.load(str(experiment.servable().write_version(tmp_path / "saved_model")))
    answer = loaded.predict(tf.constant(context), tf.constant(experiment.data.test.inputs[:, 5:, :1]))
    np.testing.assert_allclose(answer["observations"], generated, atol=1e-5)
    with pytest.raises(tf.errors.InvalidArgumentError, match="inputs has an id outside 0, ..., 11"):
        loaded.predict(tf.constant(context), tf.constant([[[3.0], [12.0]]] * 2))


def test_what_goes_beyond_the_paper(make, tmp_path, eagerly):
    """Attention, random contexts and a decoder that sees the character: trained, resumed, scored, exported."""
    flags = dict(aggregation="attention", training_context="any", decoder_sees_object=True, PCA=True)
    flags |= dict(elbo="SVGPVAE_Hensman", opt_regime=("joint-1",))
    experiment = make(**flags)
    kept = [int(tf.reduce_sum(tf.cast(batch["context"], tf.int32))) for batch in experiment.stream(0).take(4)]
    assert len(set(kept)) > 1 and all(2 <= num <= 20 for num in kept)
    assert experiment.model.decoder.input_shape == (None, 4 + 2)
    gain = experiment.model.embedding.aggregation.gain
    assert not np.any(gain)
    experiment = trained(experiment, tmp_path)
    assert np.all(gain.numpy() != 0.0)
    scores = experiment.score().numbers
    truth, generated = experiment.generate(experiment.data.test)
    np.testing.assert_allclose(np.mean((truth - generated) ** 2), scores["test_mse"], rtol=1e-4)
    path = experiment.servable().write_version(tmp_path / "saved_model")
    loaded, test = tf.saved_model.load(str(path)), experiment.data.test
    answer = loaded.predict(tf.constant(test.read()[:, :5] / np.float32(256)), tf.constant(test.inputs[:, 5:, :1]))
    np.testing.assert_allclose(answer["observations"], generated, atol=1e-5)
    again = make(**flags)
    again.compile()
    again.train(tmp_path, resume=True, verbose=0)
    np.testing.assert_array_equal(again.model.embedding.aggregation.gain, gain)


def test_the_vae_reconstructs(make, eagerly):
    experiment = trained(make(elbo="VAE", nr_epochs=1))
    batch = experiment.data.test.read() / np.float32(256)
    decoded = experiment.model.decode(experiment.model.encode(tf.constant(batch)).mean)
    numbers = experiment.evaluate()
    np.testing.assert_allclose(numbers["test_mse"], np.mean((batch - decoded) ** 2), rtol=1e-5)
    assert "reconstructed test characters" in experiment.summary(numbers)


@pytest.mark.parametrize("elbo, kind", [("SVGPVAE_Hensman", SparseGP), ("SVGPVAE_Titsias", TitsiasGP)])
def test_the_kernel_and_the_inducing_points(make, elbo, kind):
    """72 m points (here 12 m) at the poses' vectors; the product of inner products, each of unit vectors or not."""
    for normalize in (False, True):
        model = make(elbo=elbo, PCA=True, m=2, object_kernel_normalize=normalize).model
        assert type(model.latent_gp) is kind and model.latent_gp.num_data == 6 * 10
        points, poses = model.latent_gp.inducing_points.locations.numpy(), model.embedding.views.vectors.numpy()
        np.testing.assert_allclose(points[:, :3], np.tile(poses, (2, 1)), rtol=1e-6)
        x = np.random.default_rng(0).normal(size=(2, 5))
        found = model.latent_gp.kernel.matrix(x, x).numpy()
        parts = [x[:, :3], x[:, 3:]]
        if normalize:
            parts = [part / np.linalg.norm(part, axis=1, keepdims=True) for part in parts]
        np.testing.assert_allclose(found, np.prod([part @ part.T for part in parts], axis=0), rtol=1e-6)
        assert not model.latent_gp.trainable_variables and not model.embedding.views.trainable_variables


def test_se_kernels_learn_their_scales(make):
    model = make(elbo="SVGPVAE_Hensman", K_SE=True, GP_joint=True).model
    assert len(model.latent_gp.trainable_variables) == 4
    x = np.random.default_rng(0).normal(size=(2, 5))
    squared = [np.sum((part[0] - part[1]) ** 2) for part in (x[:, :3], x[:, 3:])]
    expected = 0.1**4 * np.exp(-0.5 * sum(squared))  # amplitudes of 0.1 enter squared
    assert model.latent_gp.kernel.matrix(x, x).numpy()[0, 1] == pytest.approx(expected, rel=1e-6)


def test_pose_vectors_are_components_of_mean_frames(make):
    """Up to sign, those of a singular value decomposition."""
    experiment = make(**LEARNED)
    train = experiment.data.train
    frames = train.read().astype(float).reshape(6, 10, -1) / 256
    means = np.stack([frames[train.poses == pose].mean(axis=0) for pose in range(12)])
    u, s, _ = np.linalg.svd(means - means.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(np.abs(experiment.pose_vectors), np.abs(u * s)[:, :3], atol=1e-8)


@pytest.mark.parametrize("every, most", [(1, 20), (7, 5)])
def test_frame_vectors_are_components_of_few_frames_and_the_others_are_forgotten(every, most, make, monkeypatch):
    """Two characters, 20 frames, are in memory at once; slices of them would keep all."""
    train, frames_of, read = make(**LEARNED).data.train, starts._frames, []
    all_frames = train.read().astype(float).reshape(60, -1) / 256

    def noted(split):
        for poses, frames in frames_of(split):
            read.append(weakref.ref(frames.base))
            yield poses, frames

    def components(rows, num):
        assert len(read) == 3 and sum(frames() is not None for frames in read) <= 1
        return rows, None

    for name, value in (("_CHUNK", 2), ("_MOST_FRAMES", most), ("_PER_DIM", 60 if every == 1 else 1)):
        monkeypatch.setattr(starts, name, value)
    monkeypatch.setattr(starts, "_frames", noted)
    monkeypatch.setattr(starts, "principal_components", components)
    rows = np.concatenate([np.arange(start, start + 20, every) for start in (0, 20, 40)])
    chosen = np.random.default_rng(3).permutation(len(rows))[:most]
    np.testing.assert_array_equal(starts.frame_vectors(train, 2, seed=3), all_frames[rows[np.sort(chosen)]])


def test_the_representation_network_is_trained_first_fixed_or_not(make, tmp_path, eagerly):
    fixed = make(**LEARNED, repr_nn_pretrain="yes_fixed", opt_regime=("joint-1",))
    before = [w.copy() for w in fixed.model.embedding.network.get_weights()]
    fixed.compile()
    fixed.train(tmp_path, verbose=0)
    with np.load(tmp_path / "representation.npz") as file:
        kept = [file[name] for name in sorted(file.files)]
    assert all(np.any(old != new) for old, new in zip(before, kept, strict=True))
    for weights, left in zip(fixed.model.embedding.network.get_weights(), kept, strict=True):
        np.testing.assert_array_equal(weights, left)
    again = make(**LEARNED, repr_nn_pretrain="yes_fixed", opt_regime=("joint-1",), seed=1)
    pretrain(again.model.embedding.network, again.data.train, folder=tmp_path, **CLASSIFIER)  # takes what is there
    for weights, left in zip(again.model.embedding.network.get_weights(), kept, strict=True):
        np.testing.assert_array_equal(weights, left)


def test_batches_are_shuffled_unless_as_coded(make):
    for preset, same in (("paper", False), ("authors_code", True)):
        experiment = make(**LEARNED, preset=preset)
        steps = experiment.steps_per_data_epoch
        first, second = (next(iter(experiment.stream(start)))["index"].numpy() for start in (0, steps))
        assert np.array_equal(first, second) is same


@pytest.mark.parametrize(
    "flags, message",
    [
        ("--elbo=VAE --PCA", "--PCA has no effect without --elbo=SVGPVAE_Hensman or SVGPVAE_Titsias"),
        ("--elbo=SVGPVAE_Hensman --nr_epochs=3", "--nr_epochs has no effect without --elbo=VAE"),
        (
            "--elbo=SVGPVAE_Hensman --K_SE --object_kernel_normalize",
            "has no effect without --noobject_kernel_normalize",
        ),
        ("--elbo=SVGPVAE_Hensman --GP_joint", "--GP_joint has no effect without --K_SE"),
        ("--elbo=SVGPVAE_Hensman --batch_size=75", "--batch_size=75 splits a character"),
        ("--elbo=SVGPVAE_Hensman --repr_nn_pretrain=no --lr_repr_nn=1", "--lr_repr_nn has no effect without"),
        ("--elbo=SVGPVAE_Hensman --sprites_data_path=x", "whose folder --sprites_dir names"),
        ("--elbo=VAE --aggregation=attention", "--aggregation has no effect without --elbo=SVGPVAE_Hensman"),
        ("--elbo=SVGPVAE_Hensman --N_context=0", "--N_context must be positive, got 0"),
        ("--save_latents", "save_latents"),  # of rotated MNIST; here it would be ignored
        ("--clip_grad_thres=3", "--clip_grad_thres has no effect without --clip_grad"),
    ],
)
def test_what_would_be_ignored_or_contradicts_itself_is_refused(flags, message):
    with pytest.raises(Exception, match=message.replace("(", r"\(")):
        parse(SpritesExperiment, flags.split())


def test_numbers_that_the_data_does_not_have_are_refused(make):
    with pytest.raises(ValueError, match="--N_context must lie in 1, ..., 11, because .* 12 poses, got 12"):
        make(elbo="SVGPVAE_Hensman", N_context=12).build_model()
    with pytest.raises(ValueError, match="--L_action=12 must be below the number of poses, 12"):
        make(**LEARNED | {"L_action": 12}).build_model()
    with pytest.raises(
        ValueError, match="frames_per_character must lie in 1, ..., 12, got 20: every character has 12 "
    ):
        make(elbo="VAE", frames_per_character=20).build_model()
    with pytest.raises(ValueError, match="--L_character=60 must be below the number of training frames, 60, and at mo"):
        make(**LEARNED | {"L_character": 60}).build_model()


def test_a_few_frames_have_as_many_components_as_they_can(make):
    """No more frames are left out than there are to spare."""
    points = make(**LEARNED, L_character=30).model.latent_gp.inducing_points.locations.numpy()
    assert points.shape == (12, 3 + 30) and np.all(np.std(points[:, 3:], axis=0) > 0.0)
    data = make(**LEARNED).data
    alike = dataclasses.replace(data.train, frames=np.tile(data.frames[:1, :1], (8, 12, 1, 1, 1)))
    with pytest.raises(ValueError, match="--PCA: the training frames vary in fewer than --L_character=2 dimensions"):
        starts.inducing_points(alike, np.zeros((12, 3)), 2, 1, seed=0, pca=True)


def test_a_configuration_survives_its_record(make):
    config = make(**LEARNED).config
    assert SpritesConfig(**dataclasses.asdict(config)) == config


@pytest.mark.parametrize("variants", [0, 2])
def test_images_of_a_users_own_have_no_variants_to_choose(make, variants):
    """Six is the default, which asks for nothing."""
    experiment = make(elbo="SVGPVAE_Hensman", variants=variants)
    with pytest.raises(ValueError, match=r"variants = (all|2) has no effect: sprites_dir = .* CHARACTER/POSE.png"):
        _ = experiment.data
    assert make(elbo="SVGPVAE_Hensman", variants=6).data.attribute_names == ()


def test_styles_are_scored_where_the_layers_are_known(make, tmp_path):
    """All right if the truth were generated; images of a user's own have no known variants."""
    places = {"sprites_dir": str(write_sheets(tmp_path / "sheets", side=8)), "data_dir": str(tmp_path / "data")}
    experiment = make(elbo="SVGPVAE_Hensman", N_context=70, variants=2, batch_size=30, **places)
    names, predictor = {f"test_right_{part}" for part in ("body", "bottom", "top", "hair")}, experiment.predictor()
    shares = style_scores(experiment.data, 70, lambda split: experiment.generate(split, predictor)[1])
    assert shares.keys() == names and all(0.0 <= share < 1.0 for share in shares.values())
    truth = style_scores(experiment.data, 70, lambda split: experiment.generate(split, predictor)[0])
    assert truth == dict.fromkeys(names, 1.0)
    assert style_scores(make(elbo="SVGPVAE_Hensman").data, 5, None) == {}
