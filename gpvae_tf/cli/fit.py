"""`gpvae fit`: from a file to a trained model in a folder that can be resumed."""

import dataclasses
import signal
from pathlib import Path
from typing import Any

import tensorflow as tf

from gpvae_tf import saving
from gpvae_tf.cli import fit_parts, reading, run_checks, writing
from gpvae_tf.cli.options import FitOptions
from gpvae_tf.cli.progress import Progress
from gpvae_tf.cli.run_files import COLUMNS, EXPERIMENT, MODEL, as_config, data_digest, read_run, reading_of_fit
from gpvae_tf.data import SequenceData
from gpvae_tf.files import expanded
from gpvae_tf.flags import signals
from gpvae_tf.flags.options import may_change
from gpvae_tf.replicas.batches import check_replicas
from gpvae_tf.training import checkpoint_files, errors, execution, run_folder, run_lock, run_record
from gpvae_tf.training.checkpoints import check_disk_space
from gpvae_tf.training.loop import train
from gpvae_tf.training.optimizers import make_optimizer
from gpvae_tf.training.run_record import DATA, HAS_ERRORS, TIME_KIND
from gpvae_tf.training.scores import EVALUATION, write_scores
from gpvae_tf.training.workers import WorkerGroup


def fit(source: str, options: FitOptions) -> None:
    """Trains a model on the sequences of a file or folder and saves it in --out.

    Raises:
      ValueError, RunFolderError: naming what is wrong, before any work where that can be known.
    """
    if options.model == "fgp" and options.latent_dim < 2:
        raise ValueError("--latent_dim must be >= 2 with --model=fgp, whose latents are of two kinds, got 1")
    if options.model == "markov" and options.kernel == "rbf":
        raise ValueError("--kernel=rbf has no state-space form, which --model=markov needs: matern52 is the smoothest")
    writing.check_out(options.out, DATA=source, times=options.times)
    out = expanded(options.out)
    this = execution.workers(options.strategy)
    out = out if this is None else this.folder(out)
    record = run_record.describe(EXPERIMENT, as_config(options, source), {})
    asked: dict[str, Any] = {"resume": options.resume, "may_differ": may_change(options), "flag": "--out"}
    asked["defaults"] = dataclasses.asdict(FitOptions())  # of flags that have come since a run was made
    settings = dataclasses.asdict(options) | {"out": None}
    with execution.agreeing(this, settings, errors.EXPECTED_ERRORS, options.wait_for_workers):
        there = run_folder.look_at(out, record, **asked)
    with execution.watching(options.strategy):
        execution.prepare(options.seed)
        strategy = execution.make_strategy(options.strategy)
        if there:  # the columns that it has read before, wherever they stand in the file now
            options = dataclasses.replace(options, **reading_of_fit(read_run(str(out))[1]["config"]))
        sequences = fit_parts.load(source, options)
        kind = sequences.layout.time_kind
        before = there or {}
        run_checks.check_time_kind(source, kind, before.get(TIME_KIND))
        run_checks.check_has_errors(source, sequences, before.get(HAS_ERRORS))
        print(sequences)
        training, validation = fit_parts.split(sequences, options, before.get(DATA, {}).get("series"))
        everyone = WorkerGroup(strategy)
        arrays = [sequences.observations, sequences.inputs, sequences.mask, sequences.errors]
        everyone.check_same("file", arrays)
        model, is_built = made(out / MODEL, training, options, strategy)
        check_disk_space(out, model, "--out")
        fit_parts.check_values_of(model, training, sequences)
        digests = data_digest(sequences)
        run_checks.tell_of_other_data(digests, before)
        record |= {COLUMNS: reading.columns_of(sequences), DATA: digests}
        record |= {HAS_ERRORS: sequences.errors is not None} | ({TIME_KIND: kind} if kind else {})
        with run_lock.hold(out):
            continued = run_folder.open_run(out, record, num_steps=options.steps, **asked)
            if not is_built:
                saving.save(model, out / MODEL)
            train_and_save(model, out, continued, training, validation, options)
        everyone.wait()


def made(
    place: Path, training: SequenceData, options: FitOptions, strategy: tf.distribute.Strategy
) -> tuple[Any, bool]:
    """The compiled model of a run, and whether it was read from the run's folder: else it is not saved there yet.

    Raises:
      ValueError: if replicas cannot train it, or are more than a batch can be shared among.
    """
    is_there = options.resume and place.exists()  # else this worker, or another one, was killed before it was saved
    is_there = bool(WorkerGroup(strategy).gathered([is_there]).all())
    with strategy.scope():
        model = saving.load_model(place) if is_there else fit_parts.build(training, options)
        model.compile(make_optimizer(options.learning_rate, precision=options.precision))
    check_replicas(model, training.stream, len(training))
    return model, is_there


def train_and_save(
    model: Any,
    out: Path,
    continued: bool,
    training: SequenceData,
    validation: SequenceData | None,
    options: FitOptions,
) -> None:
    """Trains the model of a run and saves it.

    Args:
      model: compiled.
      out: the folder, which is ready.
      continued: whether there is a run in it to be continued.
      training, validation: see `fit_parts.split`.
      options: of the command.
    """
    saved = model.num_steps
    stopping = [] if validation is None else [fit_parts.early_stopping(model, validation, options)]
    progress = Progress(options.steps)
    try:
        train(
            model,
            training.stream,
            steps=options.steps,
            steps_per_epoch=options.eval_every,
            evaluation=lambda model: {},
            callbacks=[*stopping, progress],
            folder=out,
            resume=continued,
            verbose=0,
        )
    except KeyboardInterrupt as stop:
        if checkpoint_files.steps_done(out / "checkpoints") != model.num_steps:  # the model is not what was saved
            raise
        save_in_place(model, out, saved)
        told = f"The model after {model.num_steps:,} steps is in {out / MODEL}: `gpvae impute {out} ...` works already"
        number = stop.number if isinstance(stop, signals.Interrupted) else signal.SIGINT
        raise signals.Interrupted(number, f"{stop}. {told}".removeprefix(". ")) from None
    finish(model, out, saved, validation)


def save_in_place(model: Any, out: Path, saved: int, **options: Any) -> None:
    """Saves a run's model over the one after `saved` steps, and deletes the scores that `gpvae evaluate` gave that one.

    Where no step was taken since, as training was stopped early, the model is the same and its scores stay.
    """
    if model.num_steps > saved:
        (out / EVALUATION).unlink(missing_ok=True)
    saving.save(model, out / MODEL, **options)


def finish(model: Any, out: Path, saved: int, validation: SequenceData | None) -> None:
    """Saves the best weights over the model after `saved` steps, and the scores of the run."""
    scores = {}
    if validation is not None:
        scores = {"validation_elbo": -model.best_weights.restore(model)}
    save_in_place(model, out, saved, include_optimizer=False)
    write_scores(out, model.num_steps, scores)
    told = f", bound of the validation sequences {scores['validation_elbo']:.5g} nats" if scores else ""
    print(f"trained {model.num_steps} steps{told}; the model is in {out / MODEL}")
    print(f"next: gpvae impute {out} IN --out=OUT")
