"""Whatever data, optimizer and learning rate: `train` leaves nothing that is not finite, or says what went wrong."""

import tempfile
import warnings
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from gpvae_tf._keras import keras
from gpvae_tf.models.trainer.nonfinite import not_finite
from gpvae_tf.training.loop import train
from tests.support import families, image_models, sequence_models
from tests.support.eager import running_eagerly
from tests.support.errors import is_ours

STEPS = 3
OPTIMIZERS = {
    "Adam": lambda rate: keras.optimizers.Adam(rate),
    "Adam, clipped norm": lambda rate: keras.optimizers.Adam(rate, clipnorm=1.0),
    "SGD": lambda rate: keras.optimizers.SGD(rate, momentum=0.9),
}
# A model, and a batch for it.
BUILT = {
    "VAE of images": (lambda: families.model_of(families.FAMILIES["mean_field"]()), image_models.images),
    "CP-VAE": (image_models.cp_vae, image_models.binary_images),
    "GP-VAE": (sequence_models.gp_vae, sequence_models.videos),
    "SVGP-VAE": (sequence_models.svgp_vae, sequence_models.videos),
}


@pytest.mark.parametrize("name", BUILT)
@pytest.mark.filterwarnings("ignore")  # of a bound that ends far below its start
@settings(max_examples=2, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(
    optimizer=st.sampled_from(list(OPTIMIZERS)),
    rate=st.sampled_from([1e-3, 1.0, 1e3, 1e20, 3e38]),
    scale=st.sampled_from([0.0, 1.0, 1e9, 1e15, 1e20, 3e38]),
    hidden=st.sampled_from([0.0, 0.5, 1.0]),
    seed=st.integers(0, 2**32 - 1),
)
@example(optimizer="Adam", rate=1e-3, scale=1.0, hidden=0.5, seed=0)
def test_nothing_is_left_that_is_not_finite(name, optimizer, rate, scale, hidden, seed):
    """Hidden entries are NaN. A run on data of the usual size, some of them seen, at the usual learning rate has no
    error; where another one ends in an error of ours, its checkpoints are sound all the same."""
    build, batch_of = BUILT[name]
    model, batch = build(), batch_of(np.random.default_rng(seed))
    mask = np.random.default_rng(seed).uniform(size=batch["observations"].shape) >= hidden
    observations = np.where(mask, batch["observations"] * np.float32(scale), np.float32(np.nan))
    dataset = tf.data.Dataset.from_tensors(batch | {"observations": observations, "mask": mask}).repeat()
    with running_eagerly(), tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model.compile(OPTIMIZERS[optimizer](rate))
            options = {"evaluation": lambda _: {}, "folder": Path(folder), "verbose": 0}
            train(model, lambda step: dataset, steps=STEPS, steps_per_epoch=1, **options)
        except Exception as error:
            if (rate <= 1e-3 and scale <= 1.0 and hidden < 1.0) or not is_ours(error):
                raise
        else:
            assert not not_finite([*model.trainable_variables, *model.optimizer.variables])
        for path in Path(folder).rglob("*.index"):
            assert_finite_checkpoint(str(path.with_suffix("")))


def assert_finite_checkpoint(prefix: str) -> None:
    """But for metrics and losses, which may say that a step was not finite."""
    reader = tf.train.load_checkpoint(prefix)
    for key, dtype in reader.get_variable_to_dtype_map().items():
        if dtype.is_floating and not any(word in key for word in ("tracker", "metric", "loss")):
            assert np.all(np.isfinite(reader.get_tensor(key))), key
