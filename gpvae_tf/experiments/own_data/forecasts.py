"""What fills in the hidden values: interpolation, a GP for every channel of every recording, and a model from data."""

import warnings
from typing import Any

import numpy as np

from gpvae_tf import data, models, recalibration
from gpvae_tf.checks import interval_tails
from gpvae_tf.evaluation.interpolation import linear_interpolation
from gpvae_tf.evaluation.student_t_forecast import StudentTForecast
from gpvae_tf.experiments.own_data.entries import Candidate
from gpvae_tf.experiments.own_data.parts import Part
from gpvae_tf.experiments.own_data.scoring import Made
from gpvae_tf.files import SCIKIT_LEARN, check_installed
from gpvae_tf.training import execution
from gpvae_tf.training.optimizers import make_optimizer

BATCH_SIZE = 20  # sequences
NUM_SAMPLES, NUM_DENSITY_SAMPLES = 200, 1_000  # draws, and draws that a density is the mean of


def interpolation(train: Part, test: Part) -> Made:
    """Linear interpolation; its standard deviation is that of its error at the hidden values of the training part."""
    filled = [linear_interpolation(p.values, p.inputs, p.mask) for p in (train, test)]
    errors = np.where(train.mask, np.nan, filled[0] - train.values)
    return Made((filled[1], np.broadcast_to(np.sqrt(np.nanmean(errors**2, axis=(0, 1))), test.values.shape)))


def gp_per_channel(train: Part, test: Part) -> Made:
    """scikit-learn's exact GP (squared exponential and noise), fitted to every channel of every recording alone."""
    check_installed("the row gp_per_channel", SCIKIT_LEARN)
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
    return Made((mean, stddev))


def of_candidate(
    candidate: Candidate, train: Part, test: Part, *, steps: int, level: float, seed: int, **hiding: Any
) -> dict[str, Made]:
    """What a candidate makes of the test part when it is trained on the training part's visible values.

    Args:
      candidate: the model.
      train, test: the parts.
      steps: training steps.
      level: of conformal intervals.
      seed: of weights, batches, draws and folds.
      hiding: see `of_model`.
    """
    execution.prepare(seed)
    sizes: dict[str, Any] = {"batch_size": BATCH_SIZE, "shuffle_seed": seed, "repeat": True}
    sequences = data.from_arrays(train.values, train.times, train.mask, **sizes)
    sequences = data.per_series(sequences) if candidate.per_series else sequences
    model = getattr(models, candidate.model).from_data(sequences, seed=seed, **candidate.make())
    model.compile(make_optimizer(2e-3))
    model.fit(sequences, epochs=1, steps_per_epoch=steps, verbose=2)
    return of_model(model, test, per_series=candidate.per_series, level=level, seed=seed, **hiding)


def of_model(
    model: Any, test: Part, *, level: float, per_series: bool = False, seed: int = 0, **hiding: Any
) -> dict[str, Made]:
    """A model's draws of the test part's values, as they are and recalibrated on what is visible of it.

    Scales and residual GPs are those of every channel of every series; conformal intervals, and the scale of a residual
    GP's tails, those of every channel.

    Args:
      model: trained.
      test: the part.
      level: of conformal intervals.
      per_series: whether the model takes every series standardised by itself.
      seed: of draws and folds.
      hiding: of `recalibration.held_out`, what is hidden for the repair.

    Returns:
      forecasts by what was done, "" for nothing.
    """
    sequences = data.from_arrays(test.values, test.times, test.mask, batch_size=len(test.values))
    sequences = data.per_series(sequences) if per_series else sequences
    units = (lambda values: data.restore(values, like=sequences)) if per_series else np.asarray
    layout = sequences.layout
    offset, scale = (layout.offset, layout.scale) if isinstance(layout, data.SeriesLayout) else (0.0, 1.0)
    truth = (test.values - offset) / scale  # as the model sees it
    known = sequences.example
    predictor, inputs = model.condition_on(known), known["inputs"]
    predicted = predictor.predict_y(inputs, NUM_SAMPLES, seed)
    density = lambda values: predictor.predict_log_density(inputs, values, NUM_DENSITY_SAMPLES, seed + 1)
    made = {"": Made(units(predicted.samples), np.asarray(density(truth)) - np.log(scale))}
    hiding |= {"per_series": per_series, "num_samples": NUM_SAMPLES, "seed": seed}
    held_out = recalibration.held_out(model, known, **hiding)
    groups = ("series", "channel")
    scaling = recalibration.VarianceScaling.fit(held_out, groups)
    log_density = np.asarray(scaling.log_density(density, truth, predicted.mean)) - np.log(scale)
    made["variance scaled"] = Made(units(scaling.predictive(predicted, ()).samples), log_density)
    heavy = recalibration.StudentTScaling.fit(held_out, groups)
    made["Student-t scaled"] = Made(StudentTForecast(units(predicted.mean), scale * heavy.scales(predicted), heavy.df))
    residual = recalibration.ResidualGP.fit(held_out)
    moved = residual.predictive(predicted, ())
    made["residual GP"] = Made((units(moved.mean), scale * np.asarray(moved.stddev)))
    heavy = recalibration.StudentTScaling.fit(residual.left_out(), ("channel",))
    made["residual GP, Student-t scaled"] = Made(
        StudentTForecast(units(moved.mean), scale * heavy.scales(moved), heavy.df)
    )
    conformal = recalibration.Conformal.fit(held_out, ("channel",))
    ends = conformal.predictive(predicted, interval_tails(level)).quantiles
    lower, upper = units(ends)
    made["conformal"] = Made(units(predicted.samples), interval=(lower, upper))
    return made
