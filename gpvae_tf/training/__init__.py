"""Training runs: optimizers, callbacks, checkpoints, run folders and the loop that ties them to `fit`."""

from gpvae_tf.training import (
    callbacks,
    callbacks_gppvae,
    checkpoints,
    early_stopping,
    execution,
    loop,
    optimizers,
    provenance,
    run_folder,
)

__all__ = [
    "callbacks",
    "callbacks_gppvae",
    "checkpoints",
    "early_stopping",
    "execution",
    "loop",
    "optimizers",
    "provenance",
    "run_folder",
]
