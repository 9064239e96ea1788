"""What fills in the hidden values: interpolation, a GP for every channel of every recording, and a model from data."""

import warnings
from typing import Any

import numpy as np

from gpvae_tf import data, models
from gpvae_tf.evaluation.interpolation import linear_interpolation
from gpvae_tf.experiments.own_data.motions import Part
from gpvae_tf.training import execution
from gpvae_tf.training.optimizers import make_optimizer

Forecast = np.ndarray | tuple[np.ndarray, np.ndarray]  # draws [S, N, n, C], or mean and standard deviation


def interpolation(train: Part, test: Part) -> Forecast:
    """Linear interpolation; its standard deviation is that of its error at the hidden values of the training part."""
    filled = [linear_interpolation(p.values, _inputs(p), p.mask) for p in (train, test)]
    errors = np.where(train.mask, np.nan, filled[0] - train.values)
    return filled[1], np.broadcast_to(np.sqrt(np.nanmean(errors**2, axis=(0, 1))), test.values.shape)


def gp_per_channel(train: Part, test: Part) -> Forecast:
    """scikit-learn's exact GP (squared exponential and noise), fitted to every channel of every recording alone."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    mean, stddev = np.empty_like(test.values), np.empty_like(test.values)
    kernel = ConstantKernel(1.0) * RBF(0.3, (0.05, 20.0)) + WhiteKernel(0.1, (1e-4, 10.0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of hyperparameters at their bounds
        for i, channel in np.ndindex(len(test.values), test.values.shape[-1]):
            seen = test.mask[i, :, channel]
            gp = GaussianProcessRegressor(kernel, normalize_y=True)
            gp.fit(test.times[seen, None], test.values[i, seen, channel])
            mean[i, :, channel], stddev[i, :, channel] = gp.predict(test.times[:, None], return_std=True)
    return mean, stddev


def model_from_data(
    name: str, train: Part, test: Part, *, steps: int, seed: int, num_samples: int = 200, **options: Any
) -> Forecast:
    """Draws of the test part's values from a model that was trained on the training part's observed values.

    Args:
      name: of the model's class.
      train, test: the parts.
      steps: training steps.
      seed: of weights, batches and draws.
      num_samples: draws.
      options: of `from_data`.
    """
    execution.prepare(seed)
    sequences = data.from_arrays(train.values, train.times, train.mask, batch_size=20, shuffle_seed=seed, repeat=True)
    model = getattr(models, name).from_data(sequences, seed=seed, **options)
    model.compile(make_optimizer(2e-3))
    model.fit(sequences, epochs=1, steps_per_epoch=steps, verbose=2)
    known = data.from_arrays(test.values, test.times, test.mask, batch_size=len(test.values)).example
    return np.asarray(model.predict_y(known, known["inputs"], num_samples, seed).samples)


def _inputs(part: Part) -> np.ndarray:
    return np.broadcast_to(part.times[:, None], (*part.values.shape[:2], 1))
