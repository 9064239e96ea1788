"""The configuration of the SPRITES experiment; names and defaults are the flags of SPRITES_experiment.py."""

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

from gpvae_tf.experiments import object_networks
from gpvae_tf.experiments.object_networks import ObjectNetworkOptions
from gpvae_tf.experiments.pixel_config import PixelConfig
from gpvae_tf.experiments.pixel_presets import ROTATED_PRESETS, Learning, PixelPreset
from gpvae_tf.experiments.regimes import REGIME_HELP, read_regimes
from gpvae_tf.flags.command_line import RemovedFlag
from gpvae_tf.flags.options import inherited, needed_by, needs, needs_not, option

_NETWORK = {"repr_nn_pretrain", "N_context", "L_action", "L_character"} | object_networks.OPTIONS
_SVGP = _NETWORK | {
    *("GECO", "beta", "opt_regime", "m", "ip_joint", "GPLVM_joint", "GP_joint", "PCA", "jitter", "K_SE"),
    "object_kernel_normalize",
}
ELBO_OPTIONS: Mapping[str, set[str]] = {"VAE": {"nr_epochs"}, "SVGPVAE_Hensman": _SVGP, "SVGPVAE_Titsias": _SVGP}
_PRETRAINED = needs("repr_nn_pretrain", "yes_fixed", "yes_joint")

SPRITES_PRESETS: Mapping[str, PixelPreset] = {
    "paper": ROTATED_PRESETS["paper"]._replace(learning=Learning(3e-3, cosine=True, clip=100.0)),
    # GECO as coded (B18), the same batches every epoch, one constant learning rate; their networks are float32.
    "authors_code": ROTATED_PRESETS["authors_code"]._replace(
        precision="float32", geco_precisions=("float32", "float64")
    ),
}


@dataclasses.dataclass(frozen=True)
class SpritesConfig(ObjectNetworkOptions, PixelConfig):
    """What determines the numbers of a run on SPRITES."""

    presets: ClassVar[Mapping[str, PixelPreset]] = SPRITES_PRESETS

    elbo: str = option("VAE", "Model and bound.", choices=ELBO_OPTIONS)
    batch_size: int = option(500, "Images per step, a multiple of --frames_per_character.", above=0)
    nr_epochs: int = option(50, "Epochs of models without stages.", above=0)
    opt_regime: tuple[str, ...] = option(("joint-50",), REGIME_HELP)
    L: int = inherited(PixelConfig, "L", 64)
    L_action: int = option(8, "Dimension of the poses' vectors.", above=0)
    L_character: int = option(16, "Dimension of the characters' vectors.", above=0)
    m: int = option(1, "Inducing points per pose; 1 makes 72 in all.", above=0)
    ip_joint: bool = option(False, "Learn the inducing points.")
    GPLVM_joint: bool = option(False, "Learn the poses' vectors.")
    GP_joint: bool = option(False, "Learn amplitudes and length scales.", needs=needs("K_SE"))
    PCA: bool = option(False, "Start poses' vectors and inducing points from principal components, not N(0, 1.5^2).")
    K_SE: bool = option(
        False, "Squared-exponential kernels, not linear ones.", needs=needs_not("object_kernel_normalize")
    )
    kappa_squared: float = inherited(PixelConfig, "kappa_squared", 0.0075)
    jitter: float = option(1e-2, "Relative jitter of K_mm; raised to what acts in --gp_dtype, 0 is off.", at_least=0)
    clip_grad: bool = option(False, "Clip every entry of the gradients.")
    clip_grad_thres: float = option(1e6, "Largest entry of a gradient.", above=0, needs=needs("clip_grad"))
    eval_every: int = inherited(PixelConfig, "eval_every", 1)
    N_context: int = option(36, "First poses of a character that are given when the others are generated.", above=0)
    repr_nn_pretrain: str = option(
        "yes_joint",
        "Train the representation network as a classifier of characters first, and then keep it or go on with it.",
        choices=("no", "yes_fixed", "yes_joint"),
    )
    lr_repr_nn: float = option(0.01, "Learning rate of that classifier.", above=0, needs=_PRETRAINED)
    nr_epochs_repr_nn: int = option(400, "Epochs of that classifier.", above=0, needs=_PRETRAINED)
    batch_size_repr_nn: int = option(5000, "Images per step of that classifier.", above=0, needs=_PRETRAINED)
    sprites_dir: str | None = option(
        None,
        "Folder of the layer images, or of images CHARACTER/POSE.png; the cache's folder sprites if not given.",
        may_change=True,
        is_path=True,
    )
    variants: int = option(
        6,
        "Variants of each layer, from 0.png on; 0 takes all that are there. Images CHARACTER/POSE.png have none.",
        at_least=0,
    )
    frames_per_character: int = option(50, "Random poses of every training character.", above=0)
    num_validation: int = option(0, "Training characters that are held out (the authors have none).", at_least=0)

    needs_of = needed_by("elbo", ELBO_OPTIONS)
    removed: ClassVar[Mapping[str, RemovedFlag]] = {
        "sprites_data_path": RemovedFlag("frames are composed from layer images, whose folder --sprites_dir names."),
        "beta_schedule_switch": RemovedFlag("never read by the authors' code."),
    }

    def check(self) -> None:
        super().check()
        read_regimes(self.opt_regime)
        if self.batch_size % self.frames_per_character:
            raise ValueError(
                f"--batch_size={self.batch_size} splits a character: use a multiple of "
                f"--frames_per_character={self.frames_per_character}"
            )
