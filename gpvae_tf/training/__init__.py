"""Training runs: optimizers, callbacks, checkpoints, run folders and the loop that ties them to `fit`."""

from gpvae_tf.training import (
    callbacks,
    checkpoints,
    early_stopping,
    execution,
    history,
    loop,
    optimizers,
    provenance,
    run_folder,
)

__all__ = [
    "callbacks",
    "checkpoints",
    "early_stopping",
    "execution",
    "history",
    "loop",
    "optimizers",
    "provenance",
    "run_folder",
]
