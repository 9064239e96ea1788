"""Options of the imputation experiment: names and defaults are the flags of train.py in ratschlab/GP-VAE."""

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

from gpvae_tf.data.healing_mnist import HealingConfig
from gpvae_tf.experiments.gp_config import GPConfig
from gpvae_tf.flags.command_line import Gone
from gpvae_tf.flags.options import needs, needs_not, option

MODELS = ("vae", "hi-vae", "gp-vae", "exact", "svgp", "fgp")
KERNELS = ("rbf", "matern", "cauchy")
_HAS_GP = needs("model_type", "gp-vae", "exact", "svgp", "fgp")
_IS_BANDED = needs("model_type", "gp-vae")
_HAS_FILTERS = needs("data_type", "hmnist", "sprites")
_IS_HEALING = [needs("data_type", "hmnist"), needs("data_dir", "")]


@dataclasses.dataclass(frozen=True)
class ImputationConfig(GPConfig):
    """What determines the numbers of an imputation run."""

    data_type: str = option(
        "hmnist",
        "What is filled in: pixels of digits that turn (hmnist), frames of digits that turn (frames; not the authors', "
        "but shixinxing/NNGPVAE-official's), or a file.",
        choices=("hmnist", "frames", "physionet", "sprites"),
    )
    data_dir: str = option(
        "",
        "File of the authors' format (.npz), for physionet and sprites; Healing MNIST is made here if none is given.",
        may_change=True,
        is_path=True,
        needs=needs("data_type", "hmnist", "physionet", "sprites"),
    )
    model_type: str = option(
        "gp-vae",
        "vae: all pixels in the likelihood, missing ones as 0; hi-vae: observed ones; gp-vae: Fortuin et al.; exact, "
        "svgp, fgp: this library's GPs on pseudo-observations, whose encoder sees one frame.",
        choices=MODELS,
    )
    testing: bool = option(False, "Score the test split, not the validation split.", may_change=True)
    latent_dim: int = option(35, "Latent channels.", above=0)
    encoder_sizes: tuple[str, ...] = option(("128", "128"), "Layers of the encoder; 0 is none.")
    decoder_sizes: tuple[str, ...] = option(("256", "256"), "Layers of the decoder; 0 is none.")
    window_size: int = option(24, "Frames that the encoder's convolution over time sees.", above=0, needs=_IS_BANDED)
    cnn_sizes: tuple[str, ...] = option(
        ("256",), "Filters of the convolutions in front of the encoder.", needs=_HAS_FILTERS
    )
    cnn_kernel_size: int = option(3, "Side of those filters, pixels.", above=0, needs=_HAS_FILTERS)
    banded_covar: bool = option(False, "Couple neighbours in the posterior; or else it is diagonal.", needs=_IS_BANDED)
    kernel: str = option("cauchy", "Kernel of the prior (docs/deviations.md, I3).", choices=KERNELS, needs=_HAS_GP)
    sigma: float = option(1.005, "Variance of the Cauchy kernel.", above=0, needs=needs("kernel", "cauchy"))
    length_scale: float = option(7.0, "Length scale of the kernel, frames.", above=0, needs=_HAS_GP)
    kernel_scales: int = option(
        1,
        "Length scales, each half the one before, over equal parts of the channels.",
        above=0,
        needs=_HAS_GP,
    )
    learn_kernel: bool = option(False, "Learn the kernel (not the authors').", needs=_HAS_GP)
    m: int = option(10, "Inducing points.", above=0, needs=needs("model_type", "svgp"))
    mask_channel: bool = option(
        False, "Show the encoder which pixels are missing (not the authors').", needs=needs_not("model_type", "vae")
    )
    beta: float = option(0.2, "Weight of the KL.", at_least=0)
    learning_rate: float = option(1e-3, "Step size of Adam.", above=0)
    gradient_clip: float = option(1e4, "Largest norm of a gradient.", above=0)
    batch_size: int = option(64, "Sequences per batch.", above=0)
    num_epochs: int = option(40, "Epochs.", above=0, may_change=True)
    num_steps: int = option(0, "Training steps, in the place of epochs if not 0.", at_least=0, may_change=True)
    seed: int = option(1337, "Random seed of weights, data order and draws.")
    missing: str = option("mnar", "How its pixels go missing.", choices=("mnar", "random"), needs=_IS_HEALING)
    max_angle: float = option(
        HealingConfig.max_angle, "Standard deviation of Healing MNIST's turns, degrees.", at_least=0, needs=_IS_HEALING
    )
    auroc: bool = option(
        True, "Also classify the filled-in sequences by logistic regression, if they have labels.", may_change=True
    )
    angles: str = option(
        "steady",
        "How frames turn: two whole turns, or by a GP.",
        choices=("steady", "drawn"),
        needs=needs("data_type", "frames"),
    )
    num_local: int = option(
        0, "Channels of fgp that change; two thirds if 0.", at_least=0, needs=needs("model_type", "fgp")
    )
    num_train: int = option(0, "Training sequences, the first ones; 0 for all.", at_least=0)
    num_scored: int = option(0, "Sequences that are scored, the first ones; 0 for all.", at_least=0)
    cache_dir: str | None = option(
        None, "Cache of generated data; GPVAE_TF_DATA or ~/.cache/gpvae_tf if not given.", may_change=True, is_path=True
    )
    mnist_manual_dir: str | None = option(None, "Folder with MNIST's four .gz files.", may_change=True, is_path=True)

    gone: ClassVar[Mapping[str, Gone]] = {
        "print_interval": Gone("every epoch is logged."),
        "M": Gone("one draw per sequence estimates the bound; more cost as much as a larger batch."),
        "K": Gone("the importance-weighted bound of train.py is not used by any of its README's commands."),
    }

    def check(self) -> None:
        super().check()
        for name in ("encoder_sizes", "decoder_sizes", "cnn_sizes"):
            self.sizes(name)
        if self.data_type in ("physionet", "sprites") and not self.data_dir:
            raise ValueError(f"--data_type={self.data_type} needs --data_dir, an .npz file of the authors' format")
        parts = -(-self.latent_dim // self.kernel_scales)
        if parts * (self.kernel_scales - 1) >= self.latent_dim:
            raise ValueError(
                f"--kernel_scales={self.kernel_scales} leaves none of --latent_dim={self.latent_dim} channels"
            )
        if self.model_type == "gp-vae" and not self.sizes("encoder_sizes"):
            raise ValueError("--encoder_sizes must have a first layer for --model_type=gp-vae: it is the convolution")

    def sizes(self, name: str) -> tuple[int, ...]:
        """Layer sizes of a flag.

        Raises:
          ValueError: if one is no integer of at least 0.
        """
        values = getattr(self, name)
        if not all(str(value).strip().isdigit() for value in values):
            raise ValueError(f"--{name} must be whole numbers, got {','.join(map(str, values))}")
        return tuple(int(value) for value in values if int(value))
