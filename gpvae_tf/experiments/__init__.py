"""Experiments: a configuration that can be written to config.json, and the model, data and metrics it stands for."""

from pathlib import Path
from typing import Any

from gpvae_tf.experiments.cp_vae.cpvae import CpvaeConfig
from gpvae_tf.experiments.cp_vae.vampprior import VampPriorConfig
from gpvae_tf.experiments.gp_encoder.config import GpencConfig
from gpvae_tf.experiments.moving_ball.config import BallConfig
from gpvae_tf.experiments.nonparametric.config import NpvaeConfig
from gpvae_tf.experiments.rotated_mnist.fgp import FgpConfig
from gpvae_tf.experiments.rotated_mnist.svgp import MnistConfig
from gpvae_tf.models.base import LatentVariableModel
from gpvae_tf.training.checkpoints import Checkpoints
from gpvae_tf.training.run_folder import RunFolderError, read_record

EXPERIMENTS: dict[str, Any] = {
    "ball": BallConfig,
    "cpvae": CpvaeConfig,
    "fgp": FgpConfig,
    "gpenc": GpencConfig,
    "mnist": MnistConfig,
    "npvae": NpvaeConfig,
    "vampprior": VampPriorConfig,
}


def load_config(folder: Path) -> Any:
    """The configuration of a run, from its config.json.

    Raises:
      RunFolderError: if the folder is no run, or one of an experiment this version does not know.
    """
    record = read_record(folder)
    if record["experiment"] not in EXPERIMENTS:
        raise RunFolderError(f"{folder}: unknown experiment {record['experiment']!r}; known: {', '.join(EXPERIMENTS)}")
    try:
        return EXPERIMENTS[record["experiment"]](**record["config"])
    except TypeError as error:
        raise RunFolderError(f"{folder}/config.json does not fit this version: {error}") from error


def load_model(folder: Path) -> tuple[Any, LatentVariableModel]:
    """A run's configuration and its model with the newest whole checkpoint's weights.

    Raises:
      RunFolderError, CheckpointError: if there is no such run or no checkpoint that can be restored.
    """
    config = load_config(folder)
    model = config.build_model()
    config.callbacks(model)  # whose state is part of the checkpoint
    if not Checkpoints(Path(folder) / "checkpoints", model).restore():
        raise RunFolderError(f"{folder} has no checkpoint yet")
    config.finish(model)
    return config, model


__all__ = [
    "EXPERIMENTS",
    "BallConfig",
    "CpvaeConfig",
    "FgpConfig",
    "GpencConfig",
    "MnistConfig",
    "NpvaeConfig",
    "VampPriorConfig",
    "load_config",
    "load_model",
]
