"""What every experiment script does: flags, training, scores, SavedModel, pictures, and one message if it fails."""

import contextlib
import dataclasses
import functools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from absl import flags, logging
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.experiments.base import Experiment
from gpvae_tf.experiments.config import RunOptions
from gpvae_tf.files import atomic_write, delete_temporaries
from gpvae_tf.flags import signals
from gpvae_tf.flags.command_line import define, define_removed, join_lists, list_names, read
from gpvae_tf.flags.help import run_main
from gpvae_tf.flags.options import options_of
from gpvae_tf.replicas.batches import check_replicas
from gpvae_tf.results import ResultsError
from gpvae_tf.training import errors, execution, run_lock
from gpvae_tf.training.run_folder import look_at, open_run
from gpvae_tf.training.run_record import describe
from gpvae_tf.training.scores import write_scores
from gpvae_tf.training.workers import WorkerGroup

Draw = Callable[[Path, Any, Any], Mapping[str, Figure]]  # of folder, experiment and options
SETUP_ERRORS = (ValueError, TypeError)
EXPECTED_ERRORS = (*errors.EXPECTED_ERRORS, ResultsError)


def run(kind: type[Experiment], draw: Draw) -> None:
    """Runs an experiment as a script: its flags are the options of its configuration and of its runs.

    Args:
      kind: the experiment.
      draw: draws the run's figures by name, from its folder, the experiment and the options.
    """
    define_flags(kind, flags.FLAGS)
    lists = list_names(kind.config_class)
    run_main(functools.partial(_main, kind, draw), help_groups(kind), lambda argv: join_lists(argv, lists))


def help_groups(kind: type[Experiment]) -> dict[str, list[str]]:
    """The flags of an experiment's script by what they are for, as its `--help` shows them."""
    removed = {**kind.config_class.all_removed(), **kind.options_class.removed}
    return {
        "what determines the numbers": list(options_of(kind.config_class)),
        "how the run is carried out, and what is written": list(options_of(kind.options_class)),
        "other names of flags, the authors'": list(kind.aliases),
        "flags of the authors' that are removed": list(removed),
    }


def define_flags(kind: type[Experiment], values: flags.FlagValues) -> None:
    """Defines the flags of an experiment's script."""
    define(kind.config_class, values)
    define(kind.options_class, values, {"expid": kind.expid})
    define_removed({**kind.config_class.all_removed(), **kind.options_class.removed}, values)
    for name, ours in kind.aliases.items():
        flags.DEFINE_alias(name, ours, flag_values=values)


def parse(kind: type[Experiment], argv: Sequence[str]) -> tuple[Any, Any]:
    """Configuration and run options of a command line, without the script's name; nothing is built or run.

    Raises:
      ValueError, absl.flags.Error: naming the flag that is wrong.
    """
    values = flags.FlagValues()
    define_flags(kind, values)
    rest = values(["script", *join_lists(argv, list_names(kind.config_class))])[1:]
    if rest:
        raise ValueError(f"unexpected arguments {rest}; every option is a --flag")
    config = read(kind.config_class, values)
    return config, read(kind.options_class, values, beside=config)


def _main(kind: type[Experiment], draw: Draw) -> None:
    with one_clear_message(setting_up=True):
        experiment = kind(read(kind.config_class))
        options = read(kind.options_class, beside=experiment.config)
    execute(experiment, options, draw)


def execute(experiment: Experiment, options: RunOptions, draw: Draw) -> None:
    """Trains, scores, exports and draws; what the user can mend ends it with one message and exit status 1.

    Args:
      experiment: what is run.
      options: how it is run.
      draw: see `run`.
    """
    with one_clear_message(), signals.raising(), contextlib.ExitStack() as held:
        with one_clear_message(setting_up=True):
            held.enter_context(execution.watching(options.strategy))
            folder, resuming = _set_up(experiment, options, held)
        with one_clear_message(again=signals.with_resume(["python", *sys.argv]) if folder else ""):
            experiment.train(folder, resume=resuming, verbose=options.verbose)
            _finish(experiment, options, folder, draw)
            if experiment.model is not None:
                WorkerGroup(experiment.model.distribute_strategy).wait()


def _set_up(experiment: Experiment, options: RunOptions, held: contextlib.ExitStack) -> tuple[Path | None, bool]:
    """Builds and compiles the model, then opens the run's folder, so that a wrong flag leaves nothing behind.

    Args:
      experiment, options: see `execute`.
      held: gets the lock of the folder.

    Returns:
      the folder, None with --nosave, and whether there is a run in it to be continued.
    """
    config: Any = experiment.config
    experiment.check_options(options)
    execution.prepare(config.seed)
    folder, this = Path(options.base_dir) / experiment.folder(options.expid), execution.workers(options.strategy)
    folder = folder if this is None else this.folder(folder)
    how = {name: getattr(options, name) for name in ("jit", "strategy", "steps_per_execution")}
    record = describe(experiment.name, dataclasses.asdict(config), how)
    asked: dict[str, Any] = {
        "resume": options.resume,
        "may_differ": config.may_change,
        "defaults": config.defaults(),
        "given_alike": config.choosing_data,
    }
    alike = {name: getattr(options, name) for name in ("resume", "save", "jit", "steps_per_execution")}
    with execution.agreeing(this, dataclasses.asdict(config) | alike, EXPECTED_ERRORS, options.wait_for_workers):
        if options.save:
            look_at(folder, record, **asked)  # before the data are loaded, which may take minutes
    strategy = execution.make_strategy(options.strategy)
    with strategy.scope():
        jit = execution.use_jit(options.jit, strategy)
        experiment.compile(jit_compile=jit, steps_per_execution=options.steps_per_execution)
    if experiment.model is not None:
        check_replicas(experiment.model, experiment.stream, experiment.steps_per_data_epoch)
    if not options.save:
        return None, False
    held.enter_context(run_lock.hold(folder))
    experiment.check_disk_space(folder)
    return folder, open_run(folder, record, num_steps=experiment.num_steps, **asked)


def _finish(experiment: Experiment, options: RunOptions, folder: Path | None, draw: Draw) -> None:
    """Scores, exports and draws a trained model."""
    scores, step = experiment.score(), experiment.steps_done
    if folder:
        for name, values in scores.per_image.items():
            with atomic_write(folder / f"{name}.npy", "wb") as file:
                np.save(file, values, allow_pickle=False)
        write_scores(folder, step, scores.numbers)  # which says that the run is complete, so the others come first
        for path in experiment.write_extras(folder, options):
            print("written:", path)
    print(f"{experiment.folder(options.expid)} after {step} steps: {experiment.summary(scores.numbers)}")
    servable = experiment.servable() if folder and options.export else None
    if folder and servable is not None:
        delete_temporaries(folder / "saved_model")  # what a process left that was killed while it exported
        print("SavedModel:", servable.write_version(folder / "saved_model", keep=1))
    if folder and options.figures:
        paths = draw_pictures(draw, folder, experiment, options)
        print("pictures:", ", ".join(str(path) for path in paths))
        if options.show_pics:
            plotting.show(paths)


def draw_pictures(draw: Draw, folder: Path, experiment: Experiment, options: RunOptions) -> list[Path]:
    """Draws a run's figures into its folder; returns the paths of the PNG files."""
    return [plotting.save(figure, folder / f"{name}.png") for name, figure in draw(folder, experiment, options).items()]


@contextlib.contextmanager
def one_clear_message(*, setting_up: bool = False, again: str = "") -> Iterator[None]:
    """Turns the library's own errors into one message on stderr and exit status 1; quiets TensorFlow's notes.

    An interruption ends with status 130 (Ctrl-C) or 143 (SIGTERM).

    Args:
      setting_up: ValueError and TypeError are the user's too, as they are while flags are turned into a model; later
        they are bugs and keep their traceback.
      again: the command that goes on after an interruption.
    """
    logging.set_verbosity(logging.WARNING)
    expected: tuple[type[Exception], ...] = EXPECTED_ERRORS + SETUP_ERRORS if setting_up else EXPECTED_ERRORS
    script = Path(sys.argv[0]).name
    try:
        yield
    except KeyboardInterrupt as stop:
        message, status = signals.describe(stop, again)
        print(f"\n{script}: {message}", file=sys.stderr)
        sys.exit(status)
    except expected as error:
        print(f"{script}: error: {errors.sentence(error)}", file=sys.stderr)
        sys.exit(1)
