"""The command `gpvae` called as from a shell, with flags that make a small run."""

import pytest

from gpvae_tf.cli.main import main
from tests.support.eager import running_eagerly

SERIES, POINTS = 12, 9
READING = ["--series=station", "--time=date"]
SMALL = ["--units=8", "--latent_dim=2", "--steps=4", "--eval_every=2", "--batch_size=4"]


def call(*arguments):
    """The exit status of a command."""
    with running_eagerly(), pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return ended.value.code
