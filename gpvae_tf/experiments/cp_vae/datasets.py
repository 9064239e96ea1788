"""The data sets of CP-VAE's Section 5, one record each."""

import dataclasses
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from gpvae_tf.datasets import binarized_mnist, omniglot, two_gaussians
from gpvae_tf.datasets.binarization import Splits
from gpvae_tf.likelihoods import BernoulliLikelihood, GaussianLikelihood, Likelihood


@dataclasses.dataclass(frozen=True)
class PriorDataset:
    """A data set that priors are compared on.

    Attributes:
      title: what it is called in results/.
      load: loads it, from a configuration with `mnist_manual_dir`, `data_dir` and `data_file`.
      likelihood: makes the decoder's likelihood.
      shows_epochs: whether results/ name the number of epochs beside it.
    """

    title: str
    load: Callable[[Any], Splits]
    likelihood: Callable[[], Likelihood] = BernoulliLikelihood
    shows_epochs: bool = True


CPVAE_DATASETS: Mapping[str, PriorDataset] = MappingProxyType(
    {
        "dynamic_mnist": PriorDataset(
            "MNIST, dynamically binarized",
            lambda config: binarized_mnist.load(manual_dir=config.mnist_manual_dir, data_dir=config.data_dir),
        ),
        "omniglot": PriorDataset(
            "OMNIGLOT 28x28, rebuilt", lambda config: omniglot.load(config.data_file, data_dir=config.data_dir)
        ),
        "gaussian_data": PriorDataset(
            "scalars from two Gaussians",
            lambda config: two_gaussians.load(),
            lambda: GaussianLikelihood(two_gaussians.DEVIATION**2),
            shows_epochs=False,
        ),
    }
)
