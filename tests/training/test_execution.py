"""How a step executes must not change what it computes: two replicas, XLA, half precision, and a run that diverges."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import SVGPVAE, datasets, inducing, kernels, networks
from gpvae_tf._keras import keras
from gpvae_tf.gp.factorization import FactorizationError
from gpvae_tf.models.trainer.nonfinite_cause import NothingTrained
from gpvae_tf.objectives import GECO
from gpvae_tf.training import execution
from gpvae_tf.training.divergence import StopOnNonFinite, TrainingDiverged
from gpvae_tf.training.history import Log, read_history
from gpvae_tf.training.loop import train
from gpvae_tf.training.optimizers import make_optimizer

BALL = datasets.MovingBall(num_frames=5, size=8, radius=1.5, batch_size=4)
FIVE = datasets.MovingBall(num_frames=6, size=8, radius=1.5, batch_size=5)  # videos: the replicas get 3 and 2


def small_model(
    policy: str = "float32", jit: bool = False, points=(1.0, 3.0, 5.0), gp_dtype="float64", **options
) -> SVGPVAE:
    keras.utils.set_random_seed(0)
    model = SVGPVAE(
        networks.ball_encoder((8, 8, 1), units=8, policy=policy),
        networks.ball_decoder((8, 8, 1), units=8, policy=policy),
        kernels.exponentiated_quadratic([2.0, 2.0], trainable=True, dtype=gp_dtype),
        inducing.InducingPoints(np.array(points)[:, None]),
        event_shape=(8, 8, 1),
        latent_dim=2,
        sample_clip=(1e-12, 1e-12),  # noise-free: XLA draws other numbers from the same seed
        **options,
    )
    keras.utils.set_random_seed(0)  # the same start in every precision: float64 would draw other numbers
    for network, make in ((model.encoder, networks.ball_encoder), (model.decoder, networks.ball_decoder)):
        network.set_weights(make((8, 8, 1), units=8).get_weights())
    model.compile(make_optimizer(1e-2, precision=policy), jit_compile=jit)
    return model


def fit(model: SVGPVAE, steps: int, callbacks=()) -> dict[str, list[float]]:
    return model.fit(BALL.stream(0), steps_per_epoch=steps, verbose=0, callbacks=list(callbacks)).history


@pytest.fixture(scope="module")
def plain() -> tuple[SVGPVAE, dict[str, list[float]]]:
    model = small_model()
    return model, fit(model, 20)


def trained_on(strategy: tf.distribute.Strategy, folder: Path) -> tuple[SVGPVAE, Log]:
    """Three noise-free steps through `train`, so with checkpoints, as the scripts do; and what was logged."""
    keras.utils.set_random_seed(0)
    with strategy.scope():
        model = SVGPVAE(
            networks.ball_encoder((8, 8, 1), units=4),
            networks.ball_decoder((8, 8, 1), units=4),
            kernels.exponentiated_quadratic([2.0, 3.0], trainable=True),
            inducing.InducingPoints(inducing.grid(1, 6, 3), trainable=True),
            event_shape=(8, 8, 1),
            latent_dim=2,
            sample_clip=(1e-12, 1e-12),
            objective=GECO(-0.3),
        )
        model.compile(make_optimizer(1e-2))
    stream = lambda start: FIVE.stream(0, start)
    train(model, stream, steps=3, steps_per_epoch=3, evaluation=lambda _: {}, folder=folder)
    for variable in model.trainable_variables:  # a replica of its own must not drift from the others
        copies = [np.array(copy) for copy in getattr(variable, "values", [variable])]
        assert all(np.array_equal(copies[0], copy) for copy in copies), variable.name
    return model, read_history(folder / "metrics.csv")


def test_two_replicas_equal_one_device(tmp_path):
    """And a batch with NaN on one replica only changes nothing on either."""
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    one, log = trained_on(tf.distribute.get_strategy(), folders[0])
    two, log_of_two = trained_on(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]), folders[1])
    assert log.keys() == log_of_two.keys() >= {"elbo", "constraint", "log_multiplier", "skipped", "step"}
    for name in log.keys() - {"seconds"}:  # none is a sum over replicas
        np.testing.assert_allclose(log_of_two[name], log[name], rtol=1e-5, err_msg=name)
    for ours, theirs in zip(two.trainable_variables, one.trainable_variables, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=0.0, atol=1e-5, err_msg=theirs.name)
    batch = next(iter(FIVE.stream(0)))
    images = batch["observations"].numpy()
    images[-1] = np.nan  # the last video: the second replica's
    before = [v.numpy() for v in two.trainable_variables]
    two.check_batch = lambda batch: None  # which would refuse it as a first batch
    with pytest.raises(NothingTrained):
        two.fit(tf.data.Dataset.from_tensors({**batch, "observations": images}), verbose=0)
    for old, new in zip(before, two.trainable_variables, strict=True):
        np.testing.assert_array_equal(old, new.numpy())
    assert two.num_skipped == 1


def test_xla_computes_the_same_steps(plain):
    model = small_model(jit=True)
    history = fit(model, 20)
    assert history["elbo"] == pytest.approx(plain[1]["elbo"], rel=1e-4)
    for ours, theirs in zip(model.trainable_variables, plain[0].trainable_variables):
        np.testing.assert_allclose(ours, theirs, atol=2e-3, err_msg=ours.name)


@pytest.mark.parametrize("policy, rtol", [("mixed_bfloat16", 0.05), ("mixed_float16", 0.15), ("float64", 1e-3)])
def test_precisions_agree_within_a_band(plain, policy, rtol):
    """float16's band is wider: its first steps are skipped while the loss scale settles."""
    model = small_model(policy)
    history = fit(model, 20)
    assert history["elbo"][0] == pytest.approx(plain[1]["elbo"][0], rel=rtol)
    assert (history["skipped"][0] > 0) == (policy == "mixed_float16") and history["skipped"][0] < 10
    assert all(np.all(np.isfinite(v)) for v in model.get_weights())


def test_float32_kernel_algebra_trains(plain):
    history = fit(small_model(gp_dtype="float32", jitter=1e-9), 20)
    assert history["elbo"][0] == pytest.approx(plain[1]["elbo"][0], rel=1e-3)


def test_a_run_that_diverges_names_the_matrix():
    """Two inducing points that come to lie on top of each other without jitter: K_mm has no factor any more."""
    model = small_model(points=(1.0, 2.0, 5.0), jitter=0.0)
    model.check_batch(next(iter(BALL.stream(0))))
    model.check_batch = lambda batch: None  # which would refuse these inducing points
    model.latent_gp.inducing_points.locations.assign(tf.constant([[1.0], [1.0], [5.0]]))
    before = [v.numpy() for v in model.trainable_variables]
    stop = StopOnNonFinite(BALL.stream(0), patience=5)
    with pytest.raises(
        TrainingDiverged, match=r"(?s)last 5 steps.*step 0.*K_mm.*\(1 *, *3, 3\)|K_mm.*3, 3.*float64.*jitter"
    ):
        fit(model, 20, [stop])
    assert model.num_skipped == 5
    for old, new in zip(before, model.trainable_variables):
        np.testing.assert_array_equal(old, new)


def test_inducing_points_on_top_of_each_other_are_refused_before_the_first_step():
    model = small_model(points=(1.0, 1.0, 5.0), jitter=0.0)
    with pytest.raises(FactorizationError, match="K_mm has no Cholesky factor"):
        fit(model, 20)
    assert model.num_steps == 0


def test_choices_are_checked(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(ValueError, match="TF_CONFIG"):
        execution.make_strategy("multi_worker")
    for call in (execution.make_strategy, execution.use_jit, lambda name: make_optimizer(precision=name)):
        with pytest.raises(ValueError, match="bogus"):
            call("bogus")
    assert isinstance(execution.make_strategy("mirrored"), tf.distribute.MirroredStrategy)
    assert execution.use_jit("on") and not execution.use_jit("off")
