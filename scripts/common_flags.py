"""Flags that every experiment script has, and how a script fails: one clear message and a non-zero exit."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow is loaded: no notes on absent GPUs

from absl import app, flags, logging

from gpvae_tf.gp.linalg import FactorizationError
from gpvae_tf.results import ResultsError
from gpvae_tf.training.callbacks import TrainingDiverged
from gpvae_tf.training.checkpoints import CheckpointError
from gpvae_tf.training.execution import JIT, STRATEGIES
from gpvae_tf.training.optimizers import PRECISIONS
from gpvae_tf.training.run_folder import RunFolderError

SETUP_ERRORS = (ValueError, TypeError)
EXPECTED_ERRORS = (RunFolderError, CheckpointError, TrainingDiverged, FactorizationError, ResultsError, OSError)


def define_common_flags(
    presets: tuple[str, ...], *, expid: str, precision: str | None = "float32", kernels: bool = True
) -> None:
    """Defines preset, seed, precision, execution and output flags.

    Args:
      presets: the experiment's.
      expid: default name of a run.
      precision: default; None leaves it to the preset.
      kernels: whether the experiment has kernel algebra.
    """
    flags.DEFINE_string("base_dir", ".", "Folder in which the run's folder is made.")
    flags.DEFINE_string("expid", expid, "Name of the run.")
    flags.DEFINE_integer("seed", 0, "Of weights, data order and draws. (The authors' is never used, B6.)")
    flags.DEFINE_bool("save", True, "Write the run's folder; --nosave trains and prints only.")
    flags.DEFINE_bool("show_pics", False, "Open the pictures in windows at the end (needs a display).")
    flags.DEFINE_enum(
        "preset", "paper", presets, "paper: the paper's equations; authors_code: what the released code does."
    )
    flags.DEFINE_enum(
        "precision",
        precision,
        PRECISIONS,
        "Of the networks. Last layers are float32 in mixed precision; float64 is everything.",
    )
    if kernels:
        flags.DEFINE_enum("gp_dtype", "float64", ("float32", "float64"), "Of the kernel algebra.")
    flags.DEFINE_enum("jit", "auto", JIT, "Compile the training step with XLA; auto: on a GPU only.")
    flags.DEFINE_enum("strategy", "none", STRATEGIES, "tf.distribute strategy; multi_worker reads TF_CONFIG.")
    flags.DEFINE_bool("resume", False, "Continue the run in the output folder from its newest whole checkpoint.")
    flags.DEFINE_bool("figures", True, "Draw the run's pictures at the end.")
    flags.DEFINE_bool("export", True, "Write a SavedModel at the end.")
    flags.DEFINE_integer(
        "verbose", 1, "0: quiet, 1: progress bar, 2: one line per epoch.", lower_bound=0, upper_bound=2
    )
    define_gone("ram", "TensorFlow 2 lets GPU memory grow as needed; there is no fraction to set.")


def define_gone(name: str, reason: str, *, switch: bool = False) -> None:
    """A flag of the authors' that has no meaning here: using it says why; a switch is one that takes no value."""
    define = flags.DEFINE_bool if switch else flags.DEFINE_string
    define(name, None, f"Gone: {reason}")

    def refuse(value: str | bool | None) -> bool:
        if value is not None:
            raise flags.ValidationError(f"gone: {reason}")
        return True

    flags.register_validator(name, refuse)


def join_lists(*names: str) -> Callable[[list[str]], list[str]]:
    """A parser for `app.run` that also takes lists as argparse does: --name A B C means --name=A,B,C.

    Args:
      names: of the flags it concerns.
    """

    def parse(argv: list[str]) -> list[str]:
        joined: list[str] = []
        takes = False  # whether what comes belongs to a list
        for argument in argv:
            is_flag = argument.startswith("-")
            if takes and not is_flag:
                joined[-1] += ("" if joined[-1].endswith("=") else ",") + argument
                continue
            takes = is_flag and argument.lstrip("-").partition("=")[0] in names
            joined.append(argument if not takes or "=" in argument else f"{argument}=")
        return app.parse_flags_with_usage(joined)

    return parse


@contextlib.contextmanager
def one_clear_message(*, setting_up: bool = False) -> Iterator[None]:
    """Turns the library's own errors into one message on stderr and exit status 1; quiets TensorFlow's notes.

    Args:
      setting_up: ValueError and TypeError are the user's too, as they are while flags are turned into a model; later
        they are bugs and keep their traceback.
    """
    logging.set_verbosity(logging.WARNING)
    expected: tuple[type[Exception], ...] = EXPECTED_ERRORS + SETUP_ERRORS if setting_up else EXPECTED_ERRORS
    try:
        yield
    except expected as error:
        print(f"{Path(sys.argv[0]).name}: error: {error}", file=sys.stderr)
        sys.exit(1)
