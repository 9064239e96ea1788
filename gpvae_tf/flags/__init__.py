"""A flag declared once: options as dataclass fields, the absl flags made of them, and the help that lists them.

Nothing in here imports TensorFlow.
"""

from gpvae_tf.flags import signals
from gpvae_tf.flags.checks import check_needs, check_types, check_values
from gpvae_tf.flags.choices import PRECISIONS
from gpvae_tf.flags.command_line import (
    PathParser,
    RemovedFlag,
    define,
    define_path,
    define_removed,
    join_lists,
    list_names,
    read,
)
from gpvae_tf.flags.help import asks_for_help, describe, run_main
from gpvae_tf.flags.options import (
    Need,
    Option,
    choosing_data,
    inherited,
    kinds_of,
    may_change,
    needed_by,
    needs,
    needs_not,
    option,
    options_of,
)

__all__ = [
    "Need",
    "Option",
    "PRECISIONS",
    "PathParser",
    "RemovedFlag",
    "asks_for_help",
    "check_needs",
    "check_types",
    "check_values",
    "choosing_data",
    "define",
    "define_path",
    "define_removed",
    "describe",
    "inherited",
    "join_lists",
    "kinds_of",
    "list_names",
    "may_change",
    "needed_by",
    "needs",
    "needs_not",
    "option",
    "options_of",
    "read",
    "run_main",
    "signals",
]
