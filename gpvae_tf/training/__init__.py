"""Training runs: optimizers, callbacks, checkpoints, run folders and the loop that ties them to `fit`."""

from gpvae_tf.training import (
    callbacks,
    checkpoint_files,
    checkpoints,
    divergence,
    early_stopping,
    errors,
    execution,
    history,
    loop,
    memory,
    optimizers,
    provenance,
    run_folder,
    run_lock,
    stopping,
)

__all__ = [
    "callbacks",
    "checkpoint_files",
    "checkpoints",
    "divergence",
    "early_stopping",
    "errors",
    "execution",
    "history",
    "loop",
    "memory",
    "optimizers",
    "provenance",
    "run_folder",
    "run_lock",
    "stopping",
]
