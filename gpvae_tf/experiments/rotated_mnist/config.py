"""Options that the two rotated-MNIST experiments share; names are the flags of the authors' scripts."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import ClassVar

from gpvae_tf import networks
from gpvae_tf._keras import keras
from gpvae_tf.experiments.base import PRECISION_HELP, RunOptions
from gpvae_tf.experiments.flags import Gone
from gpvae_tf.experiments.gp_config import GPConfig
from gpvae_tf.experiments.options import needs, needs_not, option
from gpvae_tf.experiments.rotated_mnist.training import ROTATED_PRESETS
from gpvae_tf.networks import rotated_mnist as networks_rotated
from gpvae_tf.training.optimizers import PRECISIONS

NETWORKS: dict[str, tuple[Callable[..., keras.Model], Callable[..., keras.Model]]] = {
    "authors": (networks.mnist_encoder, networks.mnist_decoder),
    "wide": (networks_rotated.wide_encoder, networks_rotated.wide_decoder),
}
_GECO = needs("GECO")


@dataclasses.dataclass(frozen=True)
class RotatedConfig(GPConfig):
    """What determines the numbers of both experiments' runs."""

    precision: str = option(  # a string as soon as the configuration is made
        None,
        f"{PRECISION_HELP} The preset's if not given: float64 in authors_code.",
        choices=PRECISIONS,
    )
    dataset: str = option("3", "Digits, such as 3 or 13679; 0123456789 is all of MNIST.")
    beta: float = option(
        0.001,
        "Weight beta / L of the KL against SE / K, which makes the pixel variance K beta / (2 L).",
        above=0,
        needs=needs_not("GECO"),
    )
    L: int = option(16, "Latent channels.", above=0)
    network_size: str = option(
        "authors",
        "authors: their networks, 5,721 parameters at L = 16; wide: larger ones, 468,193.",
        choices=NETWORKS,
    )
    lr: float | None = option(None, "Learning rate of Adam; the preset's if not given.", above=0)
    clip_qs: bool = option(False, "Clip the encoder's variances.")
    GECO: bool = option(False, "Constrain the reconstruction instead of weighting it.")
    alpha: float = option(0.99, "GECO: decay of the constraint's moving average.", needs=_GECO)
    kappa_squared: float = option(0.020, "GECO: mean squared error per pixel that is asked for.", above=0, needs=_GECO)
    max_log_multiplier: float = option(
        6.0, "GECO: largest log lambda (not the authors', who have none; B18).", needs=_GECO
    )
    GP_joint: bool = option(False, "Learn amplitude and length scale of the view kernel.")
    ov_joint: bool = option(False, "Learn the object vectors.")
    object_kernel_normalize: bool = option(False, "Cosine instead of inner product of object vectors.")
    eval_every: int = option(10, "Epochs between evaluations, log rows and checkpoints.", above=0)
    data_dir: str | None = option(
        None, "Cache of generated data; GPVAE_TF_DATA or ~/.cache/gpvae_tf if not given.", may_change=True
    )
    mnist_manual_dir: str | None = option(
        None, "Folder with MNIST's four .gz files, for machines without network.", may_change=True
    )

    gone: ClassVar[Mapping[str, Gone]] = {
        "test_set_metrics": Gone("test metrics are part of every log row.", switch=True),
        "save_model_weights": Gone("every run keeps its newest checkpoints.", switch=True),
    }

    def __post_init__(self):
        if self.precision is None and self.preset in ROTATED_PRESETS:
            object.__setattr__(self, "precision", ROTATED_PRESETS[self.preset].precision)
        super().__post_init__()

    def check(self) -> None:
        super().check()
        if not self.dataset or not set(self.dataset) <= set("0123456789") or len(set(self.dataset)) < len(self.dataset):
            raise ValueError(f"--dataset must be different digits such as 3 or 13679, got {self.dataset!r}")
        allowed = ROTATED_PRESETS[self.preset].geco_precisions
        if self.GECO and self.precision not in allowed:
            raise ValueError(
                f"--preset={self.preset} with --GECO needs --precision={' or '.join(allowed)}, got {self.precision}: "
                "its multiplier overflows in any other (B18)"
            )


@dataclasses.dataclass(frozen=True)
class RotatedOptions(RunOptions):
    """How a run of either experiment is executed."""

    save_latents: bool = option(
        False, "Write the training images' latents to latents.npz at the end.", needs=needs("save")
    )
