"""A flag declared once: options as dataclass fields, the absl flags made of them, and the help that lists them.

Nothing in here imports TensorFlow.
"""

from gpvae_tf.flags import checks, choices, command_line, help, options, signals

__all__ = ["checks", "choices", "command_line", "help", "options", "signals"]
