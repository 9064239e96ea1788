"""Options of the imputation experiment: names and defaults are the flags of train.py in ratschlab/GP-VAE."""

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

from gpvae_tf.experiments.gp_config import GPConfig
from gpvae_tf.experiments.imputation.sequences_config import SequencesConfig
from gpvae_tf.flags.command_line import RemovedFlag
from gpvae_tf.flags.options import needs, needs_not, option

_AUTHORS = ("vae", "hi-vae", "gp-vae")
MODELS = (*_AUTHORS, "exact", "markov", "vecchia", "svgp", "fgp")
MODELS_OF = {"paper": MODELS, "authors_code": _AUTHORS}
KERNELS = ("rbf", "matern", "matern32", "matern52", "cauchy")
MARKOVIAN = ("matern", "matern32", "matern52")  # those with a state-space form
_HAS_GP = needs_not("model_type", "vae", "hi-vae")
_IS_BANDED = needs("model_type", "gp-vae")
_HAS_FILTERS = needs("data_type", "hmnist", "sprites")


@dataclasses.dataclass(frozen=True)
class ImputationConfig(SequencesConfig, GPConfig):
    """What determines the numbers of an imputation run."""

    model_type: str = option(
        "gp-vae",
        "vae: all pixels in the likelihood, missing ones as 0; hi-vae: observed ones; gp-vae: Fortuin et al.; others: "
        "this library's GPs on pseudo-observations, whose encoder sees one frame.",
        choices=MODELS,
    )
    latent_dim: int = option(35, "Latent channels.", above=0)
    encoder_sizes: tuple[str, ...] = option(("128", "128"), "Layers of the encoder; 0 is none.")
    decoder_sizes: tuple[str, ...] = option(("256", "256"), "Layers of the decoder; 0 is none.")
    window_size: int = option(24, "Frames that the encoder's convolution over time sees.", above=0, needs=_IS_BANDED)
    cnn_sizes: tuple[str, ...] = option(
        ("256",), "Filters of the convolutions in front of the encoder; 0 is no convolution.", needs=_HAS_FILTERS
    )
    cnn_kernel_size: int = option(3, "Side of those filters, pixels.", above=0, needs=_HAS_FILTERS)
    banded_covar: bool = option(False, "Couple neighbours in the posterior; or else it is diagonal.", needs=_IS_BANDED)
    kernel: str = option(
        "cauchy",
        "Kernel of the prior: the authors' three (docs/deviations.md, I3; their matern has smoothness 1/2), and Matern "
        "of smoothness 3/2 and 5/2.",
        choices=KERNELS,
        needs=_HAS_GP,
    )
    sigma: float = option(1.005, "Variance of the Cauchy kernel.", above=0, needs=[needs("kernel", "cauchy"), _HAS_GP])
    length_scale: float = option(7.0, "Length scale of the kernel, frames.", above=0, needs=_HAS_GP)
    kernel_scales: int = option(
        1,
        "Length scales, each half the one before, over equal parts of the channels.",
        above=0,
        needs=_HAS_GP,
    )
    learn_kernel: bool = option(False, "Learn the kernel (not the authors').", needs=_HAS_GP)
    m: int = option(10, "Inducing points.", above=0, needs=needs("model_type", "svgp"))
    num_neighbours: int = option(
        16, "H, the points that each is conditioned on.", above=0, needs=needs("model_type", "vecchia")
    )
    mask_channel: bool = option(
        False, "Show the encoder which pixels are missing (not the authors').", needs=needs_not("model_type", "vae")
    )
    beta: float = option(0.2, "Weight of the KL.", at_least=0)
    learning_rate: float = option(1e-3, "Step size of Adam.", above=0)
    gradient_clip: float = option(1e4, "Largest norm of a gradient.", above=0)
    batch_size: int = option(64, "Sequences per batch.", above=0)
    num_epochs: int = option(40, "Epochs.", above=0, may_change=True, needs=needs_not("num_steps"))
    num_steps: int = option(0, "Training steps, in the place of epochs if not 0.", at_least=0, may_change=True)
    num_local: int = option(
        0, "Channels of fgp that change; two thirds if 0.", at_least=0, needs=needs("model_type", "fgp")
    )

    removed: ClassVar[Mapping[str, RemovedFlag]] = {
        "print_interval": RemovedFlag("every epoch is logged."),
        "M": RemovedFlag("one draw per sequence estimates the bound; more cost as much as a larger batch."),
        "K": RemovedFlag("the importance-weighted bound of train.py is not used by any of its README's commands."),
    }

    def check(self) -> None:
        super().check()
        for name in ("encoder_sizes", "decoder_sizes", "cnn_sizes"):
            self.sizes(name)
        kernel_size = ImputationConfig.cnn_kernel_size
        if self.cnn_kernel_size != kernel_size and not self.sizes("cnn_sizes"):
            raise ValueError("--cnn_kernel_size has no effect with --cnn_sizes=0, which is no convolution")
        parts = -(-self.latent_dim // self.kernel_scales)
        if parts * (self.kernel_scales - 1) >= self.latent_dim:
            raise ValueError(
                f"--kernel_scales={self.kernel_scales} leaves none of --latent_dim={self.latent_dim} channels"
            )
        if self.model_type == "markov" and self.kernel not in MARKOVIAN:
            raise ValueError(
                f"--kernel={self.kernel} has no state-space form, which --model_type=markov needs; expected one of "
                f"{', '.join(MARKOVIAN)}. --model_type=exact and the others take any kernel"
            )
        if self.model_type not in MODELS_OF[self.preset]:
            known = ", ".join(MODELS_OF[self.preset])
            raise ValueError(f"--preset={self.preset} has {known}, and not --model_type={self.model_type}")
        if self.model_type == "gp-vae" and not self.sizes("encoder_sizes"):
            raise ValueError("--encoder_sizes must have a first layer for --model_type=gp-vae: it is the convolution")
        for name in ("encoder_sizes", "decoder_sizes"):
            if self.data_type == "frames" and len(set(self.sizes(name))) != 1:
                raise ValueError(
                    f"--{name} must be one number for --data_type=frames, whose networks have one layer of it beside "
                    f"their convolutions, got {','.join(map(str, getattr(self, name)))}"
                )

    def sizes(self, name: str) -> tuple[int, ...]:
        """Layer sizes of a flag.

        Raises:
          ValueError: if one is no integer of at least 0.
        """
        values = getattr(self, name)
        if not all(str(value).strip().isdecimal() for value in values):
            raise ValueError(f"--{name} must be whole numbers, got {','.join(map(str, values))}")
        return tuple(int(value) for value in values if int(value))
