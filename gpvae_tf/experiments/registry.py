"""Every experiment by the name in config.json, and finished runs read back from their folders."""

import dataclasses
from pathlib import Path

from gpvae_tf.experiments.base import Experiment
from gpvae_tf.experiments.cp_vae.experiment import CpvaeExperiment, VampPriorExperiment
from gpvae_tf.experiments.gp_encoder.experiment import GPEncoderExperiment
from gpvae_tf.experiments.imputation.experiment import ImputationExperiment
from gpvae_tf.experiments.imputation.interpolation import InterpolationExperiment
from gpvae_tf.experiments.moving_ball.experiment import BallExperiment
from gpvae_tf.experiments.nonparametric.experiment import NpvaeExperiment
from gpvae_tf.experiments.rotated_mnist.fgp import FgpExperiment
from gpvae_tf.experiments.rotated_mnist.svgp import SvgpExperiment
from gpvae_tf.experiments.sprites.experiment import SpritesExperiment
from gpvae_tf.models.base import LatentVariableModel
from gpvae_tf.training.run_record import RunFolderError, read_record

EXPERIMENTS: dict[str, type[Experiment]] = {
    kind.name: kind
    for kind in (
        BallExperiment,
        CpvaeExperiment,
        FgpExperiment,
        GPEncoderExperiment,
        ImputationExperiment,
        InterpolationExperiment,
        NpvaeExperiment,
        SpritesExperiment,
        SvgpExperiment,
        VampPriorExperiment,
    )
}


def load_experiment(folder: Path) -> Experiment:
    """A run with the weights that its newest whole checkpoint and its choice of an epoch give the model.

    Raises:
      RunFolderError, CheckpointError: if there is no such run, its configuration is damaged, or no checkpoint can be
        restored.
    """
    experiment = configured(folder)
    try:
        experiment.model  # noqa: B018 (it is built here, where its errors are those of the configuration)
    except (ValueError, TypeError) as error:  # as `run` has it while flags become a model
        raise RunFolderError(f"{folder}/config.json describes no model that can be built: {error}") from error
    if not experiment.restore(Path(folder)):
        raise RunFolderError(f"{folder} has no checkpoint yet")
    experiment.select_weights()
    return experiment


def configured(folder: Path) -> Experiment:
    """The experiment that a run's config.json names, checked as its flags are; its model is not built yet.

    Raises:
      RunFolderError: if there is no such run, it is of another version, or a value of its configuration is refused.
    """
    record = read_record(folder)
    name, fields = record["experiment"], record["config"]
    if name not in EXPERIMENTS:
        raise RunFolderError(
            f"{folder}: unknown experiment {name!r}; known: {', '.join(EXPERIMENTS)} (runs of `gpvae fit` have "
            "`gpvae export` and `gpvae evaluate`)"
        )
    kind = EXPERIMENTS[name]
    known = {field.name for field in dataclasses.fields(kind.config_class)}
    # An entry from before its flag was taken away does no harm where it was not used.
    unknown = {name: value for name, value in fields.items() if name not in known and value is not None}
    if unknown:
        raise RunFolderError(f"{folder}/config.json does not fit this version, which does not know {unknown}")
    try:
        return kind(kind.config_class(**{name: value for name, value in fields.items() if name in known}))
    except ValueError as error:
        raise RunFolderError(f"{folder}/config.json is damaged: {error}") from error


def load_run(folder: Path) -> LatentVariableModel:
    """The model of a run's folder; `gpvae_tf.load_model` reads what `model.save` wrote, which is another folder."""
    return load_experiment(folder).model
