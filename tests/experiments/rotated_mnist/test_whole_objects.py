"""SVGP-VAE whose object vectors a network makes: batches, contexts, scores of unseen digits, what is refused."""

import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.datasets import minibatches
from gpvae_tf.experiments.rotated_mnist import svgp_pictures
from gpvae_tf.experiments.rotated_mnist.fgp import FgpExperiment
from gpvae_tf.experiments.rotated_mnist.fgp_config import FgpConfig
from gpvae_tf.experiments.rotated_mnist.svgp import SvgpExperiment
from gpvae_tf.experiments.rotated_mnist.svgp_config import SvgpConfig, SvgpOptions
from gpvae_tf.experiments.rotated_mnist.unseen_digits import CONTEXT_SIZES, sizes_of
from gpvae_tf.experiments.rotated_mnist.whole_objects import WholeObjects
from gpvae_tf.training.history import read_history
from tests.support.runs import trained

NETWORK = dict(elbo="SVGPVAE_Hensman", object_vectors="network", ip_joint=True, GP_joint=True, clip_qs=True, GECO=True)

pytestmark = pytest.mark.filterwarnings("ignore:Even though the .*run_functions_eagerly")


@pytest.fixture
def make(rotated_dir):
    def make(**given) -> SvgpExperiment:
        small = dict(data_dir=rotated_dir, batch_size=64, eval_every=1, L=4, M=3, opt_regime=("joint-2",))
        return SvgpExperiment(SvgpConfig(**{**small, **NETWORK, **given}))

    return make


def test_it_trains_is_scored_drawn_and_exported(make, tmp_path, eagerly):
    experiment = trained(make(opt_regime=("joint-1",)), tmp_path)
    assert read_history(tmp_path / "metrics.csv")["extrapolation_mse"].shape == (1,)
    scores = experiment.score().numbers
    expected = {
        f"{vectors}_{key}_context_{size}"
        for vectors in ("extrapolation", "extrapolation_inferred")
        for key in ("mse", "mse_sampled")
        for size in CONTEXT_SIZES
    }
    assert expected | {"test_mse", "validation_mse"} < scores.keys() and all(np.isfinite(v) for v in scores.values())
    assert scores["extrapolation_mse"] == pytest.approx(scores["extrapolation_mse_context_11"], rel=1e-6)
    assert scores["extrapolation_mse"] != scores["extrapolation_mse_context_1"]
    inferred = scores["extrapolation_inferred_mse_context_11"]
    assert inferred < scores["extrapolation_mse"]
    summary = f"unseen digits {scores['extrapolation_mse']:.4f}, {inferred:.4f} with inferred vectors"
    assert summary in experiment.summary(scores)
    (tmp_path / "scores.json").write_text(json.dumps({"step": 1, "scores": scores}))
    drawn = svgp_pictures.draw_run(tmp_path, experiment, SvgpOptions())
    assert {
        "extrapolation",
        "extrapolation_inferred",
        "error_by_context",
        "generations",
        "rotation",
        "latent_space",
    } < drawn.keys()
    shown = drawn["error_by_context"].axes[0].lines[0].get_xydata()
    np.testing.assert_allclose(shown, [[s, scores[f"extrapolation_mse_context_{s}"]] for s in CONTEXT_SIZES])
    below = drawn["error_by_context"].axes[0].lines[1].get_xydata()
    np.testing.assert_allclose(below, [[s, scores[f"extrapolation_inferred_mse_context_{s}"]] for s in CONTEXT_SIZES])

    path = experiment.servable().write_version(tmp_path / "saved_model")
    loaded, unseen = tf.saved_model.load(str(path)), experiment.unseen(11)
    images = loaded.predict(tf.constant(unseen.context), tf.constant(unseen.views))["observations"]
    assert np.mean((images - unseen.images) ** 2) == pytest.approx(scores["extrapolation_mse"], rel=1e-4)


def test_what_goes_beyond_the_paper(make, eagerly):
    """A deep set, halves as contexts and a decoder that sees the vector; unseen digits are still decoded at theirs."""
    given = dict(aggregation="deep_set", training_context="half", decoder_sees_object=True, opt_regime=("joint-1",))
    experiment = make(**given)
    batch = next(iter(experiment.stream(0)))
    ids, mask, context = (part[0].numpy() for part in (batch["inputs"][..., 1], batch["mask"], batch["context"]))
    for number in np.unique(ids):
        here = mask & (ids == number)
        assert context[here].sum() == -(-here.sum() // 2) and not context[~mask].any()
    experiment = trained(experiment)
    assert np.all(experiment.model.embedding.aggregation.gain.numpy() != 0.0)
    unseen, predictor = experiment.unseen(11), experiment.predictor()
    vectors = experiment.model.embedding.represent(unseen.context)
    at = experiment.model.embedding.inputs_at(unseen.views, vectors)[:, 0]
    latents = predictor.predict_f(at[tf.newaxis]).mean[0]
    images = experiment.model.decoder(tf.concat([tf.cast(latents, tf.float32), vectors], axis=-1))
    error = np.mean((images - unseen.images[:, 0]) ** 2)
    assert experiment.evaluate()["extrapolation_mse"] == pytest.approx(error, rel=1e-4)
    assert experiment.generate(np.arange(2)).shape == (2, 28, 28, 1)


def test_an_objects_vector_is_the_mean_over_its_training_images(make):
    """In a batch, in the predictor's data, and where it is asked for at another angle."""
    experiment = make()
    train, model, whole = experiment.data.train, experiment.model, experiment.whole_objects
    of_images = model.embedding.network(train.images).numpy()
    means = np.stack([of_images[train.ids == number].mean(axis=0) for number in train.ids])
    found = experiment.inputs_of(train.inputs)
    np.testing.assert_allclose(found[0], np.column_stack([train.angles, means]), rtol=1e-4, atol=1e-6)
    in_parts, at_once = (
        model.condition_on(data).predict_f(found).mean for data in (whole.chunks(), minibatches.as_batch(train))
    )
    np.testing.assert_allclose(in_parts, at_once, rtol=1e-4, atol=1e-6)
    batch = next(iter(experiment.stream(0)))
    row = {tuple(inputs): i for i, inputs in enumerate(train.inputs)}
    rows = [row[tuple(inputs)] for inputs in batch["inputs"][0].numpy()]
    features = model.features_of_batch(batch["observations"], batch["inputs"], batch["mask"])
    np.testing.assert_allclose(features[0], found.numpy()[0, rows], rtol=1e-4, atol=1e-6)
    with pytest.raises(ValueError, match="inputs has object 19, which has no training image"):
        experiment.inputs_of(np.array([[0.0, 19.0]], np.float32))


def test_batches_have_about_as_many_images_as_asked_for(make):
    experiment = make(batch_size=50)
    whole, train = experiment.whole_objects, experiment.data.train
    assert whole.per_batch == 50 * 18 // len(train) and experiment.steps_per_data_epoch == -(-18 // whole.per_batch)
    batches = list(experiment.stream(0).take(experiment.steps_per_data_epoch))
    assert sum(int(tf.reduce_sum(tf.cast(batch["mask"], tf.int32))) for batch in batches) == len(train)
    assert WholeObjects(experiment.data, 1).per_batch == 1
    assert experiment.model.latent_gp.num_data == len(train)


def test_unseen_digits_and_their_contexts_are_fgp_vaes(make, rotated_dir):
    experiment = make()
    fgp = FgpExperiment(FgpConfig(data_dir=rotated_dir, extrapolate_experiment=True)).tasks["extrapolation"]
    unseen = experiment.unseen(11)
    np.testing.assert_array_equal(unseen.context, fgp.context.split.images[fgp.context.rows])
    np.testing.assert_array_equal(unseen.images, fgp.images)
    held_out = experiment.data.held_out_angle
    assert np.all(unseen.views == held_out) and not np.any(fgp.context.split.angles[fgp.context.rows] == held_out)
    assert [experiment.unseen(size).context.shape[1] for size in CONTEXT_SIZES] == list(CONTEXT_SIZES)


def test_unseen_digits_need_the_images_of_the_logs_only(make):
    """The scores from more are left out; with fewer a run is refused before it starts."""

    def given(num: int) -> SvgpExperiment:
        experiment = make()
        views, others = experiment.data.eval, np.setdiff1d(experiment.data.angles, experiment.data.held_out_angle)
        few = views.take(np.isin(views.angles, [experiment.data.held_out_angle, *others[:num]]))
        experiment.data = dataclasses.replace(experiment.data, eval=few)
        return experiment

    assert given(12).model and sizes_of(given(12).data) == [1, 3, 7, 11]
    with pytest.raises(ValueError, match="num_given must lie in 1, ..., 10, object .* other images; got 11"):
        given(10).build_model()


def test_the_offset_is_the_first_coordinate_at_first(make):
    without, offset = (make(object_offset=value).model for value in (0.0, 4.0))
    points = [model.latent_gp.inducing_points.locations.numpy() for model in (without, offset)]
    assert np.mean(points[1][:, 1]) > 3 > np.mean(points[0][:, 1]) and np.all(np.abs(points[1][:, 2:]) < 3)


@pytest.mark.parametrize(
    "given, message",
    [
        ({"elbo": "SVIGP_Hensman", "GECO": False}, "--object_vectors has no effect without --elbo=SVGPVAE_Hensman or "),
        ({"ov_joint": True}, "--ov_joint has no effect without --object_vectors=table$"),
        ({"PCA": True}, "--PCA has no effect without --object_vectors=table$"),
        (
            {"object_vectors": "table", "aggregation": "attention"},
            "--aggregation has no effect without --object_vectors",
        ),
        ({"object_vectors": "mean"}, "--object_vectors must be one of table, network, got 'mean'"),
    ],
)
def test_what_a_network_would_ignore_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        SvgpConfig(**{**NETWORK, **given})
