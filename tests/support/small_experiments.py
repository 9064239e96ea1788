"""Experiments of command lines, with small data in the place of their own."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gpvae_tf.datasets.binarization import Splits
from gpvae_tf.datasets.image_benchmarks import Benchmark
from gpvae_tf.datasets.image_sets import ImageSet
from gpvae_tf.experiments import EXPERIMENTS, Experiment
from gpvae_tf.experiments.run import parse
from tests.support import sprites_folder
from tests.support.gappy_sequences import imputation_splits

BY_SCRIPT = {kind.script: kind for kind in EXPERIMENTS.values()}
# What makes a command short on 60 random images; a later flag takes the place of an earlier one.
SHORT = {
    "BALL_experiment.py": [],
    "MNIST_experiment.py": ["--batch_size=66"],
    "FGPVAE_experiments.py": ["--batch_size=66"],
    "CPVAE_experiment.py": ["--hidden_size=8", "--batch_size=10"],
    "VampPrior_experiment.py": ["--hidden_size=8", "--batch_size=10"],
    "NPVAE_experiment.py": ["--n_hidden=8", "--batch_size=10"],
    "GPENC_experiment.py": ["--batch_size=10"],
    "GPVAE_imputation.py": "--latent_dim=4 --encoder_sizes=8,8 --decoder_sizes=8 --batch_size=10 --noauroc".split(),
    "fill_in_sequences.py": ["--noauroc"],
    "SPRITES_experiment.py": [f"--{name}={value}" for name, value in sprites_folder.SMALL.items()],
}
ROTATED = ("MNIST_experiment.py", "FGPVAE_experiments.py")
SINGLE_IMAGES = ("CPVAE_experiment.py", "VampPrior_experiment.py", "NPVAE_experiment.py")
OF_THE_READER = ("--mnist_data_path", "--data_file")  # files that are not here


class SmallData(NamedTuple):
    """What small experiments are made of.

    Attributes:
      splits: 60 random images of 28 x 28 pixels in each part.
      centred: the same images less their mean.
      rotated: a data folder with small rotated images.
      sprites: flags that name a folder of small characters, and a cache.
    """

    splits: Splits
    centred: Benchmark
    rotated: str
    sprites: Sequence[str]


def make(rotated: str, sprites: Path) -> SmallData:
    """The data, of which a folder of rotated images is there already and characters are written to another."""
    images = np.random.default_rng(0).uniform(size=(60, 28, 28, 1))
    splits = Splits(*(ImageSet(name, images, np.arange(60) % 10) for name in ("train", "validation", "test")), "random")
    mean = splits.train.images.mean(axis=0)
    parts = (ImageSet(part.name, part.images - mean, part.labels, bounded=False) for part in splits[:3])
    flags = [f"--{name}={value}" for name, value in sprites_folder.write(sprites).items()]
    return SmallData(splits, Benchmark(Splits(*parts, "random"), mean), rotated, flags)


def experiment_of(script: str, given: Sequence[str], data: SmallData) -> Experiment:
    """The experiment of a script's command line."""
    kind = BY_SCRIPT[script]
    arguments = [word for word in given if not word.startswith(OF_THE_READER)]
    if any(word.startswith("--num_anchors") for word in arguments):
        arguments.append("--num_anchors=20")
    if script in ROTATED:
        arguments.append(f"--data_dir={data.rotated}")
    if script == "SPRITES_experiment.py":
        arguments += data.sprites
    config, _ = parse(kind, [*arguments, *SHORT[script]])
    experiment = kind(config)
    if script == "GPENC_experiment.py":
        experiment.data = data.centred
    elif script in ("GPVAE_imputation.py", "fill_in_sequences.py"):
        experiment.splits = imputation_splits(config.data_type)
    elif script in SINGLE_IMAGES:
        experiment.splits = data.splits
    return experiment
