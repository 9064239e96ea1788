"""Errors of mini-batch estimators of Eq. 9 at trained weights (SVGP-VAE Appendix C.4), as a file in a run's folder."""

import csv
from pathlib import Path
from typing import Any

from gpvae_tf.datasets import minibatches
from gpvae_tf.evaluation.estimator_bias import estimator_bias
from gpvae_tf.files import atomic_write

BIAS_FILE = "estimator_bias.csv"
SIZES, BATCHES = (64, 128, 256, 512, 1024), 40  # of mini-batches whose estimates are compared


def write_bias(folder: Path, experiment: Any) -> Path:
    """Writes the errors of every size of mini-batch that the training split has images for; returns the path.

    Args:
      folder: where to.
      experiment: an `SvgpExperiment` of a model whose latent GP is a `SparseGP`.
    """
    model, train = experiment.model, experiment.data.train
    data = model.latent_dataset(minibatches.as_batch(train))
    x_test = model.features(experiment.inputs_of(experiment.data.test.inputs))
    sizes = [size for size in SIZES if size <= len(train.ids)]
    options: dict[str, Any] = dict(repetitions=BATCHES, seed=experiment.config.seed)
    errors = estimator_bias(model.latent_gp, data, x_test, sizes, **options)
    with atomic_write(folder / BIAS_FILE, newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["batch_size", "quantity", "bias", "rms", "noise"])
        rows.writerows([size, name, *error] for name in errors for size, error in zip(sizes, errors[name]))
    return folder / BIAS_FILE
