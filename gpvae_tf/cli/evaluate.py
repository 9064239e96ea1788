"""`gpvae evaluate`: observed values are hidden, filled in, and compared with what they were."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np

from gpvae_tf import files
from gpvae_tf.cli import scoring, writing
from gpvae_tf.cli.durations import in_time_units
from gpvae_tf.cli.fit_parts import held_out_numbers
from gpvae_tf.cli.hidden_values import LINE, MODEL, PERIOD, RECALIBRATED, Filled, HiddenValues
from gpvae_tf.cli.hiding import ends_in_words, hide, horizon_of, quarters_ahead, without
from gpvae_tf.cli.loaded_run import LoadedRun, load_run
from gpvae_tf.cli.options import EvaluateOptions, FitOptions
from gpvae_tf.cli.recalibrating import check_draws, fitted, imputed, joined
from gpvae_tf.cli.run_files import data_digest, is_data_of
from gpvae_tf.data import SequenceData
from gpvae_tf.entry_masks import entry_mask
from gpvae_tf.evaluation.forecasts import Forecast, NormalForecast
from gpvae_tf.evaluation.interpolation import linear_interpolation, one_period_before
from gpvae_tf.evaluation.student_t_forecast import StudentTForecast
from gpvae_tf.files import atomic_write
from gpvae_tf.recalibration import Recalibration, StudentTScaling
from gpvae_tf.recalibration.folds import Fold
from gpvae_tf.recalibration.hidden_values import channels_of_classes
from gpvae_tf.training.scores import EVALUATION
from gpvae_tf.types import Batch, EntryScores, Imputation


def evaluate(run: str, source: str, options: EvaluateOptions) -> None:
    """Scores a run on hidden values of a file, beside linear interpolation, and writes the scores.

    Raises:
      ValueError, RunFolderError: naming what is wrong.
    """
    check_draws(options.num_samples, options.interval)
    loaded = load_run(run, options, source)
    if options.out:
        writing.check_out(options.out, IN=source, times=loaded.reading.times, RUN=str(Path(run) / "config.json"))
        writing.check_writable(options.out, ".json")
    sequences, told = not_trained_on(loaded.load(source), source, loaded)
    horizon = horizon_of(options, sequences)
    # The forecast with the least before it first.
    folds = hide(sequences, options, loaded.model.first_channels, horizon)[::-1]
    values = HiddenValues.of([filled_in(loaded, sequences, fold, options, horizon) for fold in folds])
    first, columns = loaded.model.first_channels[values.channels], sequences.class_channels
    num_hidden = int(np.sum(first == values.channels))  # a class is one value, of several channels
    numbers = np.setdiff1d(values.channels, channels_of_classes(loaded.model.first_channels))
    # What is hidden of a class is 0 or 1 in each of its channels, which [0, 1] always holds: it has scores of its own.
    scored = values.at(np.isin(values.channels, numbers)) if len(numbers) else values
    found = scoring.compared(scored, options.interval)
    channels = scoring.by_channel(values, options.interval, numbers, sequences.channel_names)
    ahead = scoring.by_time_ahead(scored, options.interval)
    classes = scoring.by_column_of_classes(values, columns)
    report = {
        "data": str(files.expanded(source).resolve()),
        "sequences": told,
        "hidden": num_hidden,
        "options": dataclasses.asdict(options),
    }
    report |= {**found, "channels": channels, "ahead": ahead, "classes": classes}
    target = files.expanded(options.out or Path(run) / EVALUATION)
    with atomic_write(target) as file:
        file.write(json.dumps(report, indent=1) + "\n")
    if options.horizon is not None:
        told += f", {ends_in_words(folds, options, sequences)}"
    parts = {"by channel, each in its own unit": channels, "by time ahead, of the horizon": ahead}
    hidden_classes = num_hidden - len(scored.truth) if len(numbers) else 0
    told += f", {hidden_classes} of them classes, which the next lines leave out" if hidden_classes else ""
    print(f"{num_hidden} hidden values of {told}", scoring.as_text(found, parts, classes), sep="\n")


def filled_in(
    loaded: LoadedRun, sequences: SequenceData, fold: Fold, options: EvaluateOptions, horizon: float | None
) -> HiddenValues:
    """What a run makes of the hidden values of sequences from the given ones, and what baselines do."""
    hidden, given = fold.hidden, without(sequences, fold)
    truth = np.asarray(sequences.observations)[hidden]
    made = imputed(loaded.model, given, options, measured=True)
    filled = {MODEL: Filled.of(made, hidden, foretold(loaded.model, given, sequences, hidden, options))}
    repair = fitted(loaded.model, given, options, whole=options.whole)
    if repair:
        repair = repair if given.errors is None else repair.measured_with(given.errors)
        densities = loaded.model.likelihood.has_density
        filled[RECALIBRATED] = recalibrated(repair, made, hidden, truth, options.interval, densities)
    baselines = {name: each[hidden] for name, each in baselines_of(given, loaded.config["period"]).items()}
    channels = np.broadcast_to(np.arange(hidden.shape[-1]), hidden.shape)[hidden]
    quarters = None if horizon is None else quarters_ahead(sequences, fold, horizon)[hidden]
    return HiddenValues(truth, filled, baselines, channels, quarters)


def baselines_of(given: SequenceData, period: str | None) -> dict[str, np.ndarray]:
    """What interpolation, and a known period alone, make of what is given, [N, n, *event], by their names.

    Of counts with exposures they are of counts per exposure.
    """
    behind, repeats = given.exposures, in_time_units("period", period, given)
    arrays = given.observations / behind, given.inputs, given.mask
    found = {LINE: linear_interpolation(*arrays)}
    found |= {} if repeats is None else {PERIOD: one_period_before(*arrays, repeats)}
    return {name: behind * each for name, each in found.items()}


def foretold(
    model: Any, given: SequenceData, sequences: SequenceData, hidden: np.ndarray, options: EvaluateOptions
) -> EntryScores:
    """How well a model foretells every hidden value of the sequences from what is given of them, arrays [k].

    By its own likelihood, so that counts are scored as counts and yes or no as such.
    """
    pairs = zip(given.in_order(), sequences.in_order(), strict=True)
    scores = joined(
        model.score_entries(batch, _where_known(whole), options.num_samples, options.seed) for batch, whole in pairs
    )
    return EntryScores(*(np.asarray(part)[hidden] for part in scores))


def _where_known(batch: Batch) -> np.ndarray:
    """The observations of a batch, NaN where they are missing, as anything may stand there."""
    observations = np.asarray(batch["observations"])
    return np.where(entry_mask(batch.get("mask"), observations.shape), observations, np.nan)


def recalibrated(
    repair: Recalibration,
    made: Imputation,
    hidden: np.ndarray,
    truth: np.ndarray,
    interval: float,
    densities: bool | np.ndarray = True,
) -> Filled:
    """The hidden values by a recalibration, which knows of a model's mean and stddev alone.

    They are scored as normal, by Student's t where it is fitted, which compares with the model's scores where its
    likelihood has a density, and not with the probabilities of counts and of yes or no.

    Args:
      repair: fitted.
      made: the model's imputation, made with the same `interval`.
      hidden: boolean, of its shape.
      truth: the hidden values, [k].
      interval: level of the interval.
      densities: whether the model's likelihood has a density: one value, or one for every channel [C].
    """
    changed = repair.imputation(made, interval)
    forecast: Forecast = NormalForecast(changed.mean, changed.stddev)
    if isinstance(repair, StudentTScaling):
        forecast = StudentTForecast(made.mean, repair.scales(made), repair.df)
    forecast = forecast.at(hidden)
    return Filled.of(changed, hidden, EntryScores(forecast.log_density(truth), forecast.crps(truth)), densities)


def not_trained_on(sequences: SequenceData, source: str, run: LoadedRun) -> tuple[SequenceData, str]:
    """The sequences of a file that training has not seen, and words that say which they are.

    They are known by their content (`data_digest`): those that `fit` held out count as not seen. Where it has seen all
    of them they are all returned, and the words say so.
    """
    options = FitOptions(**{field.name: run.config[field.name] for field in dataclasses.fields(FitOptions)})
    everything, trained_on = f"all {sequences.num_sequences} sequences", set[int]()
    for start in run.starts:
        if (series := start.get("series")) is None:  # a run from before that was recorded
            return sequences, f"{everything}, some of which the model may have been trained on"
        held_out = held_out_numbers(len(series), options, len(run.starts[0]["series"]))
        trained_on |= set(series) - {series[number] for number in held_out}
    new = [number for number, own in enumerate(data_digest(sequences)["series"]) if own not in trained_on]
    if not new:
        return sequences, f"{everything}, which the model was trained on"
    if len(new) < sequences.num_sequences:
        return sequences.take(np.array(new)), f"the {len(new)} sequences that the model was not trained on"
    if is_data_of(run.config, source):
        everything += ", some of which the model may have been trained on: they are not what the run knows of its file"
    return sequences, everything
