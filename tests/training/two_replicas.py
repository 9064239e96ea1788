"""Run by test_execution in a process of its own: three noise-free steps on one device and on two logical CPUs.

Prints the largest difference of the weights, and the epoch's ELBO on both; then a batch with NaN on one replica only
must change nothing.
"""

import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)

from gpvae_tf import SVGPVAE, data, inducing, kernels, networks  # noqa: E402
from gpvae_tf._keras import keras  # noqa: E402
from gpvae_tf.experiments.history import read_history  # noqa: E402
from gpvae_tf.training.loop import train  # noqa: E402
from gpvae_tf.training.optimizers import make_optimizer  # noqa: E402

BALL = data.MovingBall(num_frames=6, size=8, radius=1.5, batch_size=5)  # 5 videos: the replicas get 3 and 2


def trained(strategy: tf.distribute.Strategy) -> tuple[SVGPVAE, list[np.ndarray], float]:
    keras.utils.set_random_seed(0)
    with strategy.scope():
        model = SVGPVAE(
            networks.ball_encoder((8, 8, 1), units=4),
            networks.ball_decoder((8, 8, 1), units=4),
            kernels.exponentiated_quadratic([2.0, 3.0], trainable=True),
            inducing.InducingPoints(inducing.grid(1, 6, 3), trainable=True),
            image_shape=(8, 8, 1),
            latent_dim=2,
            sample_clip=(1e-12, 1e-12),
        )
        model.compile(make_optimizer(1e-2))
    with tempfile.TemporaryDirectory() as folder:  # through `train`, so with checkpoints, as the scripts do
        train(
            model, lambda k: BALL.stream(0, k), steps=3, steps_per_epoch=3, evaluation=lambda m: {}, folder=Path(folder)
        )
        elbo = read_history(Path(folder) / "metrics.csv")["elbo"][0]
    for variable in model.trainable_variables:  # a replica of its own must not drift from the others
        copies = [np.array(copy) for copy in getattr(variable, "values", [variable])]
        assert all(np.array_equal(copies[0], copy) for copy in copies), variable.name
    return model, [v.numpy() for v in model.trainable_variables], elbo


one, weights_one, elbo_one = trained(tf.distribute.get_strategy())
two, weights_two, elbo_two = trained(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]))
difference = max(float(np.max(np.abs(a - b))) for a, b in zip(weights_one, weights_two))
print("difference", difference, "elbo", elbo_one, elbo_two)

batch = next(iter(BALL.stream(0)))
images = batch["images"].numpy()
images[-1] = np.nan  # the last video: the second replica's
before = [v.numpy() for v in two.trainable_variables]
two.fit(tf.data.Dataset.from_tensors({**batch, "images": images}), verbose=0)
changed = any(not np.array_equal(a, b.numpy()) for a, b in zip(before, two.trainable_variables))
print("changed", changed, "skipped", two.num_skipped)
