"""One run of an experiment script: what every `*_experiment.py` does once its flags have become a configuration."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from absl import app, flags
from common_flags import one_clear_message

from gpvae_tf import plotting, serving
from gpvae_tf.experiments.base import ExperimentConfig
from gpvae_tf.training import execution
from gpvae_tf.training.loop import train
from gpvae_tf.training.run_folder import describe, open_run, write_scores

FLAGS = flags.FLAGS
Draw = Callable[[Path, Any, Any], list[Path]]


def run(name: str, config_class: type[ExperimentConfig], argv: list[str], *, check: Callable, draw: Draw) -> None:
    """Trains, evaluates, exports, draws.

    Args:
      name: the experiment's, in `gpvae_tf.experiments.EXPERIMENTS`.
      config_class: its configuration; every field is a flag.
      argv: what is left of the command line.
      check: refuses flags that would be ignored; called with the configuration.
      draw: draws into the run's folder, from folder, configuration and model.
    """
    if len(argv) > 1:
        raise app.UsageError(f"unexpected arguments {argv[1:]}; every option is a --flag")
    with one_clear_message(setting_up=True):
        fields: Any = dataclasses.fields(config_class)  # type: ignore[arg-type]
        config = config_class(**{field.name: FLAGS[field.name].value for field in fields})
        check(config)
        execution.prepare(config.seed)
        strategy = execution.make_strategy(FLAGS.strategy)
        with strategy.scope():
            model = config.build_model()
            model.compile(config.optimizer(), jit_compile=execution.use_jit(FLAGS.jit, strategy))
        steps = config.num_steps  # loads the data, where it depends on them, before anything is written
        folder, resuming = None, False
        if FLAGS.save:
            folder = execution.worker_folder(Path(FLAGS.base_dir) / config.folder(FLAGS.expid), strategy)
            record = describe(name, dataclasses.asdict(config), {"jit": FLAGS.jit, "strategy": FLAGS.strategy})
            defaults = {field.name: field.default for field in fields}
            may_differ = config.may_change_on_resume
            resuming = open_run(folder, record, resume=FLAGS.resume, may_differ=may_differ, defaults=defaults)
        callbacks = config.callbacks(model)
    with one_clear_message():
        train(
            model,
            config.stream,
            steps=steps,
            steps_per_epoch=min(steps, config.steps_per_epoch),
            evaluation=config.evaluate,
            phases=config.phases,
            callbacks=callbacks,
            folder=folder,
            resume=resuming,
            verbose=FLAGS.verbose,
        )
        config.finish(model)
        scores = config.score(model)
        if folder:
            write_scores(folder, model.num_steps, scores)
        print(f"{config.folder(FLAGS.expid)} after {model.num_steps} steps: {config.summary(scores)}")
        if folder and FLAGS.export:
            serving.export(config.servable(model), folder / "saved_model")
            print("SavedModel:", folder / "saved_model")
        if folder and FLAGS.figures:
            paths = draw(folder, config, model)
            print("pictures:", ", ".join(str(path) for path in paths))
            if FLAGS.show_pics:
                plotting.show(paths)


def check_needs(needs: dict[str, tuple[str, bool]]) -> None:
    """Refuses flags that would be ignored.

    Args:
      needs: by flag, what it needs in words and whether that is given.

    Raises:
      ValueError: naming the flag and what it needs.
    """
    pictures = ("save and --figures", FLAGS.save and FLAGS.figures)
    for name, (needed, given) in {"resume": ("save", FLAGS.save), "show_pics": pictures, **needs}.items():
        asks = FLAGS[name].value is not False or FLAGS[name].default is True  # --noNAME for a default is no wish
        if FLAGS[name].present and asks and not given:
            raise ValueError(f"--{name} has no effect without --{needed}")
