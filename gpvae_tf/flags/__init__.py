"""A flag declared once: options as dataclass fields, the absl flags made of them, and the help that lists them.

Nothing in here imports TensorFlow.
"""

from gpvae_tf.flags.command_line import Gone, define, define_gone, join_lists, list_names, read
from gpvae_tf.flags.help import asks_for_help, describe, run_main
from gpvae_tf.flags.options import (
    Need,
    Option,
    check_needs,
    check_values,
    inherited,
    needed_by,
    needs,
    needs_not,
    option,
    options_of,
)

__all__ = [
    "Gone",
    "Need",
    "Option",
    "asks_for_help",
    "check_needs",
    "check_values",
    "define",
    "define_gone",
    "describe",
    "inherited",
    "join_lists",
    "list_names",
    "needed_by",
    "needs",
    "needs_not",
    "option",
    "options_of",
    "read",
    "run_main",
]
