"""`gpvae evaluate`: observed values are hidden, filled in, and compared with what they were."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gpvae_tf import data, files
from gpvae_tf.cli import reading
from gpvae_tf.cli.fit import split
from gpvae_tf.cli.options import EvaluateOptions, FitOptions
from gpvae_tf.cli.recalibrating import fitted, imputed
from gpvae_tf.cli.run_files import EVALUATION, load_run
from gpvae_tf.data import SequenceData
from gpvae_tf.evaluation import predictive
from gpvae_tf.evaluation.forecasts import Forecast, NormalForecast
from gpvae_tf.evaluation.interpolation import linear_interpolation
from gpvae_tf.evaluation.student_t_forecast import StudentTForecast
from gpvae_tf.files import atomic_write
from gpvae_tf.recalibration import StudentTScaling
from gpvae_tf.types import Imputation


def evaluate(run: str, source: str, options: EvaluateOptions) -> None:
    """Scores a run on hidden values of a file, beside linear interpolation, and writes the scores.

    Raises:
      ValueError, RunFolderError: naming what is wrong.
    """
    model, how, config = load_run(run, options, source)
    sequences, told = not_trained_on(reading.load(source, how), source, config)
    hidden = hide(sequences, options)
    truth, given = np.asarray(sequences.observations), without(sequences, hidden)
    made = imputed(model, given, options)
    found = {"scores": scores(truth, made, hidden, options.interval)}
    repair = fitted(model, given, options, whole=options.whole)
    if repair:
        forecast = None
        if isinstance(repair, StudentTScaling):
            forecast = StudentTForecast(made.mean, repair.scales(made), repair.df)
        repaired = repair.imputation(made, options.interval)
        found["recalibrated"] = scores(truth, repaired, hidden, options.interval, forecast)
    inputs = np.broadcast_to(given.inputs, (*truth.shape[:2], given.input_dim))
    line = linear_interpolation(given.observations, inputs, given.mask)
    found["linear interpolation"] = {
        "mse": predictive.mse(truth, line, hidden),
        "mae": predictive.mae(truth, line, hidden),
    }
    report = {"data": source, "sequences": told, "hidden": int(hidden.sum()), "options": dataclasses.asdict(options)}
    report |= found
    target = files.expanded(options.out or Path(run) / EVALUATION)
    with atomic_write(target) as file:
        file.write(json.dumps(report, indent=1) + "\n")
    print(f"{int(hidden.sum())} hidden values of {told}")
    for name, value in found.pop("scores").items():
        others = (f" {kind} {each[name]:<10.4g}" for kind, each in found.items() if name in each)
        print(f"  {name:<18} {value:<10.4g}{''.join(others)}".rstrip())


def not_trained_on(sequences: SequenceData, source: str, config: Mapping[str, Any]) -> tuple[SequenceData, str]:
    """Those sequences of a file that training has not seen, and in words which they are.

    Of the file that `fit` was given these are the sequences that training was stopped by. Where it used them all, all
    are scored, and said to be known.
    """
    if str(files.expanded(source).absolute()) != config["data"]:
        return sequences, f"all {sequences.num_sequences} sequences"
    options = FitOptions(**{field.name: config[field.name] for field in dataclasses.fields(FitOptions)})
    _, validation = split(sequences, options)
    if validation is None:
        return sequences, f"all {sequences.num_sequences} sequences, which the model was trained on"
    return validation, f"the {validation.num_sequences} sequences that the model was not trained on"


def scores(
    truth: np.ndarray, made: Imputation, hidden: np.ndarray, interval: float, forecast: Forecast | None = None
) -> dict[str, float]:
    """Scores of the hidden values by name; nlpd and crps are those of a forecast, or of N(mean, stddev^2)."""
    mean, stddev, lower, upper = (np.asarray(part) for part in made[1:])
    forecast = NormalForecast(mean, stddev) if forecast is None else forecast
    return {
        "mse": predictive.mse(truth, mean, hidden),
        "mae": predictive.mae(truth, mean, hidden),
        "nlpd": predictive.nlpd(truth, forecast, hidden),
        "crps": predictive.crps(truth, forecast, hidden),
        f"coverage of {100 * interval:g}%": predictive.coverage(truth, lower, upper, hidden),
        f"width of {100 * interval:g}%": predictive.width(lower, upper, hidden),
    }


def hide(sequences: SequenceData, options: EvaluateOptions) -> np.ndarray:
    """Which observed entries are hidden, [N, n, *event]; every sequence keeps at least one point.

    Raises:
      ValueError: if nothing would be hidden.
    """
    shape = sequences.observations.shape
    rng = np.random.default_rng(options.seed)
    chosen = rng.uniform(size=shape[:2] if options.whole else shape) < options.hide
    chosen = np.broadcast_to(chosen.reshape(chosen.shape + (1,) * (len(shape) - chosen.ndim)), shape)
    mask = sequences.mask
    known = np.broadcast_to(True if mask is None else expanded(mask, shape), shape)
    hidden = known & chosen
    left = np.any((known & ~hidden).reshape(len(hidden), -1), axis=1)
    hidden = hidden & left.reshape(-1, *[1] * (hidden.ndim - 1))  # what would have nothing left keeps everything
    if not hidden.any():
        raise ValueError(f"--hide={options.hide} hides none of the observed values")
    return hidden


def without(sequences: SequenceData, hidden: np.ndarray) -> SequenceData:
    """The sequences without the hidden entries."""
    shape = sequences.observations.shape
    known = True if sequences.mask is None else expanded(sequences.mask, shape)
    mask = np.broadcast_to(known, shape) & ~hidden
    return data.from_arrays(
        sequences.observations, sequences.inputs, mask, batch_size=sequences.batch_size, lengths=sequences.lengths
    )


def expanded(mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A mask of points or entries with as many axes as the observations."""
    return mask.reshape(mask.shape + (1,) * (len(shape) - mask.ndim))
