"""Training runs: optimizers, callbacks, checkpoints, run folders and the loop that ties them to `fit`."""
