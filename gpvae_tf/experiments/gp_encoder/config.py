"""The GP encoder's configuration: names are those of run.py in yookoon/VLAE where it has them."""

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

from gpvae_tf.datasets.image_benchmarks import BENCHMARKS
from gpvae_tf.experiments.config import PRESET_HELP
from gpvae_tf.experiments.gp_encoder.family_options import FamilyOptions
from gpvae_tf.experiments.gp_encoder.models import FAMILIES
from gpvae_tf.experiments.images import WarmUpConfig
from gpvae_tf.flags.command_line import RemovedFlag
from gpvae_tf.flags.options import needs, option

MODEL_HELP = "Posterior family; TRUNKS is GPENC's three trunks without a GP."


@dataclasses.dataclass(frozen=True)
class GPEncoderConfig(FamilyOptions, WarmUpConfig):
    """What determines the numbers of a run."""

    preset: str = option("paper", PRESET_HELP, choices=("paper",))
    model: str = option("GPENC", MODEL_HELP, choices=tuple(FAMILIES), formerly={"GPVAE": "GPENC"})
    dataset: str = option("mnist", "Data set.", choices=tuple(BENCHMARKS))
    z_dim: int = option(50, "Number of latent dimensions; 10, 20 and 50 in the paper.", at_least=1)
    batch_size: int = option(128, "Images per step.", at_least=1)
    n_epochs: int = option(2000, "Number of training epochs.", at_least=1)
    learning_rate: float = option(5e-4, "Adam learning rate, at first.", above=0)
    obs_noise: str = option(
        "learned", "Whether the standard deviation that all pixels share is learned.", choices=("learned", "fixed")
    )
    obs_noise_scale: float | None = option(
        None, "Fixed standard deviation of the pixel noise.", above=0, needs=needs("obs_noise", "fixed")
    )
    K_iwae: int = option(100, "Importance samples per image of the log-likelihood.", at_least=1)
    select_epoch: str = option(
        "best", "Which weights are scored: those of the best validation bound, or the last.", choices=("best", "last")
    )
    split_seed: int = option(0, "Random seed of the choice of held-out images.")
    num_train: int = option(0, "Number of training images, drawn by --split_seed; 0 for all.", at_least=0)
    num_test: int = option(0, "Number of test images that are scored, the first ones; 0 for all.", at_least=0)
    celeba_crop: int = option(
        148, "Side of the centred square of CelebA, pixels.", at_least=1, needs=needs("dataset", "celeba")
    )
    data_file: str | None = option(
        None,
        "OMNIGLOT's chardata.mat or .npz; an .npz of CIFAR10 or SVHN.",
        needs=needs("dataset", "omniglot", "cifar10", "svhn"),
        may_change=True,
        chooses_data=True,
        is_path=True,
    )

    needs_of = {**FamilyOptions.needs_of, "mnist_manual_dir": needs("dataset", "mnist")}
    removed: ClassVar[Mapping[str, RemovedFlag]] = {
        "log_interval": RemovedFlag("every epoch is a row of the log."),
        "logit_transform": RemovedFlag("pixels stay in [0, 1], in whose units the paper's scores are."),
        "output_dist": RemovedFlag("it is Gaussian, as in the paper."),
        "weight_decay": RemovedFlag("the paper has none."),
    }

    @property
    def first_best_epoch(self) -> int:
        """The first epoch in which every component of RME has joined, with --rme_epochs; 1 otherwise."""
        return 1 + (self.n_component - 1) * self.rme_epochs if self.model == "RME" else 1

    def check(self) -> None:
        if self.obs_noise == "fixed" and self.obs_noise_scale is None:
            raise ValueError("--obs_noise=fixed needs --obs_noise_scale, its standard deviation")
        if self.first_best_epoch > self.n_epochs:
            raise ValueError(
                f"--n_epochs must be > {self.first_best_epoch - 1}, when the last of --n_component={self.n_component} "
                f"joins with --rme_epochs={self.rme_epochs}; got {self.n_epochs}"
            )
