"""Every command that a page, a script's docstring or the Makefile shows runs: shortened, and without a process."""

import math
import re

import pytest
from absl import flags

from gpvae_tf.experiments import Experiment
from gpvae_tf.experiments.run import parse
from tests.support import commands, small_experiments
from tests.support.commands import ROOT, SCRIPTS, Command
from tests.support.small_experiments import BY_SCRIPT, SmallData

COMMANDS = commands.shown()
OF_EXPERIMENTS = [command for command in COMMANDS if command.script in BY_SCRIPT]
TRAIN = [command for command in OF_EXPERIMENTS if BY_SCRIPT[command.script].trains]
DO_NOT_TRAIN = [command for command in OF_EXPERIMENTS if command not in TRAIN]
OTHERS = [command for command in COMMANDS if command.script not in BY_SCRIPT]


@pytest.fixture(scope="module")
def small(rotated_dir, tmp_path_factory) -> SmallData:
    return small_experiments.make(rotated_dir, tmp_path_factory.mktemp("sprites"))


@pytest.fixture
def prepare(small):
    """A function that makes the experiment of a command, with small data in the place of its own."""

    def make(command: Command) -> Experiment:
        return small_experiments.experiment_of(command.script, command.arguments, small)

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
        if name == "--base_dir":  # where the other commands look for runs, and not beside the repository
            assert (home / value).resolve().is_relative_to(ROOT), word
