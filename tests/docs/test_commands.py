"""Every command that a page, a script's docstring or the Makefile shows runs: shortened, and without a process."""

import math
import re

import numpy as np
import pytest
from absl import flags

from gpvae_tf.data.binarization import Splits
from gpvae_tf.data.image_benchmarks import Benchmark
from gpvae_tf.data.image_sets import ImageSet
from gpvae_tf.experiments import EXPERIMENTS, Experiment
from gpvae_tf.experiments.run import parse
from tests.support import commands, sprites_folder
from tests.support.commands import ROOT, SCRIPTS, Command
from tests.support.gappy_sequences import imputation_splits

BY_SCRIPT = {kind.script: kind for kind in EXPERIMENTS.values()}
COMMANDS = commands.shown()
OF_EXPERIMENTS = [command for command in COMMANDS if command.script in BY_SCRIPT]
TRAIN = [command for command in OF_EXPERIMENTS if BY_SCRIPT[command.script].trains]
DO_NOT_TRAIN = [command for command in OF_EXPERIMENTS if command not in TRAIN]
OTHERS = [command for command in COMMANDS if command.script not in BY_SCRIPT]
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


@pytest.fixture(scope="module")
def splits() -> Splits:
    """60 random images of 28 x 28 pixels in each part."""
    images = np.random.default_rng(0).uniform(size=(60, 28, 28, 1))
    return Splits(*(ImageSet(name, images, np.arange(60) % 10) for name in ("train", "validation", "test")), "random")


@pytest.fixture(scope="module")
def centred(splits) -> Benchmark:
    """The same images less their mean."""
    mean = splits.train.images.mean(axis=0)
    parts = (ImageSet(part.name, part.images - mean, part.labels, bounded=False) for part in splits[:3])
    return Benchmark(Splits(*parts, "random"), mean)


@pytest.fixture(scope="module")
def sprites_places(tmp_path_factory) -> list[str]:
    """Flags that name a folder of small characters, and a cache."""
    return [f"--{name}={value}" for name, value in sprites_folder.write(tmp_path_factory.mktemp("sprites")).items()]


@pytest.fixture
def prepare(splits, centred, rotated_dir, sprites_places):
    """A function that makes the experiment of a command, with small data in the place of its own."""

    def make(command: Command) -> Experiment:
        kind = BY_SCRIPT[command.script]
        arguments = [word for word in command.arguments if not word.startswith(OF_THE_READER)]
        if any(word.startswith("--num_anchors") for word in arguments):
            arguments.append("--num_anchors=20")
        if command.script in ROTATED:
            arguments.append(f"--data_dir={rotated_dir}")
        if command.script == "SPRITES_experiment.py":
            arguments += sprites_places
        config, _ = parse(kind, [*arguments, *SHORT[command.script]])
        experiment = kind(config)
        if command.script == "GPENC_experiment.py":
            experiment.data = centred
        elif command.script in ("GPVAE_imputation.py", "fill_in_sequences.py"):
            experiment.splits = imputation_splits(config.data_type)
        elif command.script in SINGLE_IMAGES:
            experiment.splits = splits
        return experiment

    return make


def test_there_are_commands_of_every_script():
    scripts = {path.name for path in SCRIPTS.glob("*.py") if "__main__" in path.read_text(encoding="utf-8")}
    assert {command.script for command in COMMANDS} == scripts
    assert {command.source for command in COMMANDS} >= {"README.md", "Makefile", "docs/results/rotated_mnist.md"}


@pytest.mark.parametrize("command", OF_EXPERIMENTS, ids=str)
def test_a_command_is_understood_as_it_stands(command):
    parse(BY_SCRIPT[command.script], command.arguments)


@pytest.mark.parametrize("command", TRAIN, ids=str)
@pytest.mark.filterwarnings("ignore:Even though the .*run_functions_eagerly")
def test_a_command_trains(command, prepare, eagerly):
    """One step of the model that it builds, on a batch of its stream."""
    experiment = prepare(command)
    experiment.compile()
    for phase in experiment.phases[:1]:
        phase.enter(experiment.model)
    logs = experiment.model.train_step(next(iter(experiment.stream(0))))
    assert math.isfinite(float(logs["elbo"])) and float(logs["skipped"]) == 0
    assert experiment.model.num_steps == 1 and experiment.num_steps >= 1
    assert experiment.folder("name").startswith("name")


@pytest.mark.parametrize("command", DO_NOT_TRAIN, ids=str)
def test_a_command_without_training_scores(command, prepare):
    experiment = prepare(command)
    assert all(map(math.isfinite, experiment.score().numbers.values()))
    assert experiment.folder("name").startswith("name")


@pytest.mark.parametrize("command", OTHERS, ids=str)
def test_flags_of_other_scripts_are_understood(command):
    source = (SCRIPTS / command.script).read_text(encoding="utf-8")
    known = re.findall(r'add_argument\("(--\w+)"', source)  # of the script that does without absl
    if known:
        assert {word.partition("=")[0] for word in command.arguments} <= set(known)
        return
    with commands.flags_of(command.script) as values:
        assert values([command.script, *command.arguments])[1:] == []


@pytest.mark.parametrize(
    "script, arguments",
    [("reproduce.py", ["--table=moving_bal"]), ("benchmark.py", ["--suit=ball"]), ("make_report.py", ["--checks"])],
)
def test_a_wrong_flag_of_another_script_is_found(script, arguments):
    with commands.flags_of(script) as values, pytest.raises(flags.Error, match="suit|moving_bal|checks"):
        values([script, *arguments])


@pytest.mark.parametrize("arguments", [["--elbo=VAE", "--m=5"], ["--steps=0"], ["--stps=5"], ["VAE"]])
def test_a_wrong_command_is_found(arguments):
    with pytest.raises((ValueError, flags.Error), match="--m has no effect|--steps must|stps|unexpected arguments"):
        parse(BY_SCRIPT["BALL_experiment.py"], arguments)


def test_make_targets_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / ".ci" / "run"]
    named = {name for page in pages for name in re.findall(r"(?:^|`)make ([\w-]+)", page.read_text("utf-8"), re.M)}
    assert {"demo", "test"} <= named <= targets


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_folders_that_a_command_reads_are_there(command):
    """Capital words stand for the reader's own paths; the README's commands are given in scripts/."""
    home = SCRIPTS if command.source == "README.md" else ROOT
    for word in command.arguments:
        name, _, value = word.partition("=")
        if name in ("--golden", "--results") and not value.isupper():
            assert (home / value).is_dir(), word
