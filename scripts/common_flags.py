"""Flags that every experiment script has, and how a script fails: one clear message and a non-zero exit."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow is loaded: no notes on absent GPUs

from absl import flags, logging

from gpvae_tf.gp.linalg import FactorizationError
from gpvae_tf.results import ResultsError
from gpvae_tf.training.callbacks import TrainingDiverged
from gpvae_tf.training.checkpoints import CheckpointError
from gpvae_tf.training.execution import JIT, STRATEGIES
from gpvae_tf.training.optimizers import PRECISIONS
from gpvae_tf.training.run_folder import RunFolderError

SETUP_ERRORS = (ValueError, TypeError)
EXPECTED_ERRORS = (RunFolderError, CheckpointError, TrainingDiverged, FactorizationError, ResultsError, OSError)


def define_common_flags(presets: tuple[str, ...]) -> None:
    """Defines preset, precision, execution and output flags."""
    flags.DEFINE_enum(
        "preset", "paper", presets, "paper: the paper's equations; authors_code: what the released code does."
    )
    flags.DEFINE_enum(
        "precision",
        "float32",
        PRECISIONS,
        "Of the networks. Last layers are float32 in mixed precision; float64 is everything.",
    )
    flags.DEFINE_enum("gp_dtype", "float64", ("float32", "float64"), "Of the kernel algebra.")
    flags.DEFINE_enum("jit", "auto", JIT, "Compile the training step with XLA; auto: on a GPU only.")
    flags.DEFINE_enum("strategy", "none", STRATEGIES, "tf.distribute strategy; multi_worker reads TF_CONFIG.")
    flags.DEFINE_bool("resume", False, "Continue the run in the output folder from its newest whole checkpoint.")
    flags.DEFINE_bool("figures", True, "Draw the run's pictures at the end.")
    flags.DEFINE_bool("export", True, "Write a SavedModel at the end.")
    flags.DEFINE_integer(
        "verbose", 1, "0: quiet, 1: progress bar, 2: one line per epoch.", lower_bound=0, upper_bound=2
    )


def define_gone(name: str, reason: str) -> None:
    """A flag of the authors' that has no meaning here: using it says why."""
    flags.DEFINE_string(name, None, f"Gone: {reason}")

    def refuse(value: str | None) -> bool:
        if value is not None:
            raise flags.ValidationError(f"gone: {reason}")
        return True

    flags.register_validator(name, refuse)


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
