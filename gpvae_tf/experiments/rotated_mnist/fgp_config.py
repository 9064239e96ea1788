"""The configuration of FGP-VAE's experiment; names and defaults are the flags of its FGPVAE_experiments.py."""

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

from gpvae_tf.experiments.rotated_mnist.config import RotatedConfig
from gpvae_tf.flags.command_line import RemovedFlag
from gpvae_tf.flags.options import inherited, needs, option

_NEVER_READ = "never read by the authors' code (F12);"


@dataclasses.dataclass(frozen=True)
class FgpConfig(RotatedConfig):
    """What determines the numbers of an FGP-VAE run."""

    batch_size: int = option(220, "Images per step, a multiple of --N_t, so that objects stay whole.", above=0)
    nr_epochs: int = option(1000, "Epochs.", above=0)
    kappa_squared: float = inherited(RotatedConfig, "kappa_squared", 0.033)
    L_w: int = option(8, "Local channels, which follow the angle; the other L - L_w are global.", above=0)
    N_t: int = option(11, "Angles kept per training object, of 15.", above=0)
    object_prior_corr: bool = option(False, "Correlate the objects' global latents through object vectors.")
    sparse: bool = option(False, "Sparse local channels (not the authors'), --nr_inducing_points each.")
    nr_inducing_points: int = option(
        5,
        "Inducing points per local channel; the authors read the flag and never use it (F12).",
        above=0,
        needs=needs("sparse"),
    )
    extrapolate_experiment: bool = option(False, "Also evaluate digits that were never trained on.")

    needs_of = dict.fromkeys(("ov_joint", "object_kernel_normalize"), needs("object_prior_corr"))
    removed: ClassVar[Mapping[str, RemovedFlag]] = {
        "mnist_data_path": RemovedFlag("the files it would name were never published (F11)."),
        "not_shuffled": RemovedFlag(f"{_NEVER_READ} --preset=authors_code does not shuffle.", switch=True),
        "opt_regime": RemovedFlag(f"{_NEVER_READ} FGP-VAE trains in one stage."),
        "beta_schedule_switch": RemovedFlag(
            "never fires at its default (F12); the paper preset decays the learning rate."
        ),
        "bayes_reg_view": RemovedFlag(
            "another way to compute the same posterior (F8); ours is exact at any dimension.", switch=True
        ),
        "omit_C_tilde": RemovedFlag("it cancels out of the bound (F8) and is computed in logs here.", switch=True),
    }

    def check(self) -> None:
        super().check()
        if self.L_w >= self.L:
            raise ValueError(f"--L_w must lie in 1, ..., L - 1 = {self.L - 1}, got {self.L_w}")
        if self.batch_size % self.N_t:
            raise ValueError(f"--batch_size={self.batch_size} splits an object: use a multiple of --N_t={self.N_t}")
        if self.extrapolate_experiment and self.object_prior_corr:
            raise ValueError(
                "--extrapolate_experiment needs objects without vectors, --object_prior_corr gives them some"
            )
