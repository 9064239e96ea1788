"""Help of the experiments' scripts: every flag, with its default, its values and what it needs."""

import subprocess
import sys

import pytest
from absl import flags

from gpvae_tf.experiments import EXPERIMENTS, run
from gpvae_tf.flags import help
from gpvae_tf.flags.options import options_of


@pytest.mark.parametrize("name", sorted(EXPERIMENTS))
def test_every_flag_of_an_experiment_is_listed_in_its_group(name):
    kind = EXPERIMENTS[name]
    values = flags.FlagValues()
    run.define_flags(kind, values)
    text = help.describe(values, "What it is.", run.help_groups(kind))
    about, *sections = text.split("\n\n")
    listed = [{_name(line) for line in section.splitlines() if line.startswith("  --")} for section in sections]
    removed = {**kind.config_class.all_removed(), **kind.options_class.removed}
    assert about == "What it is."
    groups = [set(options_of(kind.config_class)), set(options_of(kind.options_class)), set(kind.aliases), set(removed)]
    assert listed == [group for group in groups if group]


def _name(line: str) -> str:
    return line.split()[0].removeprefix("--").removeprefix("[no]").partition("=")[0]


def test_an_entry_says_values_default_bounds_and_needs():
    values = flags.FlagValues()
    run.define_flags(EXPERIMENTS["ball"], values)
    lines = [line.strip() for line in help.describe(values, "", run.help_groups(EXPERIMENTS["ball"])).splitlines()]
    start = lines.index("--m=INTEGER  (default: 15)")
    assert lines[start + 1 : start + 3] == [
        "Inducing points per latent channel. Must be >= 1. Needs --elbo=SVGPVAE_Hensman or",
        "SVGPVAE_Titsias.",
    ]
    assert "--precision=float32|mixed_bfloat16|mixed_float16|float64  (default: float32)" in lines
    assert "--[no]export  (default: on)" in lines and "--base_dir=PATH  (default: .)" in lines
    assert not any(line.startswith("<") for line in lines)  # absl's list of values, which stands after the name


def test_flags_of_libraries_are_not_listed():
    values = flags.FlagValues()
    for module in ("tensorflow.python.tpu", "absl.logging", "gpvae_tf.flags"):
        flags.DEFINE_bool(module[:4], False, "What it does.", flag_values=values)
        values.register_flag_by_module(module, values[module[:4]])
        values.flags_by_module_dict().pop(__name__, None)
    assert [_name(line) for line in help.describe(values, "", {}).splitlines() if "--" in line] == ["gpva"]


@pytest.mark.parametrize(
    ("arguments", "asks"),
    [
        (["--help"], True),
        (["--steps=1", "-helpfull"], True),
        (["-?"], True),
        (["--", "--help"], False),
        (["help"], False),
        (["--helper"], False),
        ([], False),
    ],
)
def test_who_asks_for_help(arguments, asks):
    assert help.asks_for_help(arguments) == asks


@pytest.mark.process
def test_help_alone_needs_no_tensorflow():
    code = "import sys; import gpvae_tf.flags.help; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
