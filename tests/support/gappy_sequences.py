"""Small random sequences with gaps, in the place of Healing MNIST and its like."""

import numpy as np

from gpvae_tf.datasets.imputation_sets import ImputationSet
from gpvae_tf.experiments.imputation.data_types import DATA_TYPES

_MEANS = ("nll_one_draw", "nll", "mse", "mse_of_mean", "crps", "coverage", "width", "share_within")
SCORES = {*(f"missing_{name}" for name in _MEANS), "auroc", "auprc", "peak_memory"}  # of every run on them


def imputation_splits(data_type: str = "hmnist", num: int = 12, num_frames: int = 5) -> dict[str, ImputationSet]:
    """Splits of `num` sequences of random 0 and 1 in two classes; half of the entries, or frames, are missing."""
    rng = np.random.default_rng(0)
    shape = (num, num_frames, *DATA_TYPES[data_type].event_shape)

    def split() -> ImputationSet:
        if data_type == "frames":
            observed = np.pad(rng.uniform(size=(num, num_frames - 1)) < 0.4, [(0, 0), (1, 0)], constant_values=True)
        else:
            observed = rng.uniform(size=shape) < 0.5
        return ImputationSet(rng.integers(0, 2, shape).astype(np.uint8), observed, ~observed, np.arange(num) % 2)

    return {name: split() for name in ("train", "validation", "test")}
