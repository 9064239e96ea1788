"""Options of experiments with Gaussian pixels (SVGP-VAE, FGP-VAE); names are the flags of the authors' scripts."""

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

from gpvae_tf.experiments.config import PRECISION_HELP
from gpvae_tf.experiments.gp_config import GPConfig
from gpvae_tf.experiments.pixel_presets import ROTATED_PRESETS, PixelPreset
from gpvae_tf.flags.choices import PRECISIONS
from gpvae_tf.flags.command_line import RemovedFlag
from gpvae_tf.flags.options import needs, needs_not, option

_GECO = needs("GECO")


@dataclasses.dataclass(frozen=True)
class PixelConfig(GPConfig):
    """What determines the numbers of a run whose pixel errors are weighed against the KL by beta or by GECO.

    Attributes:
      presets: what --preset stands for.
    """

    presets: ClassVar[Mapping[str, PixelPreset]] = ROTATED_PRESETS

    precision: str = option(  # a string as soon as the configuration is made
        None,
        f"{PRECISION_HELP} The preset's if not given.",
        choices=PRECISIONS,
    )
    beta: float = option(
        0.001,
        "Weight beta / L of the KL against SE / K, which makes the pixel variance K beta / (2 L).",
        above=0,
        needs=needs_not("GECO"),
    )
    L: int = option(16, "Latent channels.", above=0)
    lr: float | None = option(None, "Learning rate of Adam; the preset's if not given.", above=0)
    clip_qs: bool = option(False, "Clip the encoder's variances.")
    GECO: bool = option(False, "Constrain the reconstruction instead of weighting it.")
    alpha: float = option(0.99, "GECO: decay of the constraint's moving average.", needs=_GECO)
    kappa_squared: float = option(0.020, "GECO: mean squared error per pixel that is asked for.", above=0, needs=_GECO)
    max_log_multiplier: float = option(
        6.0,
        "GECO: largest log lambda (not the authors', who have none; B18).",
        needs=[_GECO, needs("preset", "paper")],
    )
    object_kernel_normalize: bool = option(False, "Cosine instead of inner product of object vectors.")
    GP_joint: bool = option(False, "Learn amplitude and length scale of the view kernel.")
    eval_every: int = option(
        10,
        "Epochs between evaluations, log rows and checkpoints, and of GPPVAE between encodings of all training images.",
        above=0,
    )
    data_dir: str | None = option(
        None, "Cache of generated data; GPVAE_TF_DATA or ~/.cache/gpvae_tf if not given.", may_change=True, is_path=True
    )

    removed: ClassVar[Mapping[str, RemovedFlag]] = {
        "test_set_metrics": RemovedFlag("test metrics are part of every log row.", switch=True),
        "save_model_weights": RemovedFlag("every run keeps its newest checkpoints.", switch=True),
    }

    def __post_init__(self):
        if self.precision is None and isinstance(self.preset, str) and self.preset in self.presets:
            object.__setattr__(self, "precision", self.presets[self.preset].precision)
        super().__post_init__()

    def check(self) -> None:
        super().check()
        allowed = self.presets[self.preset].geco_precisions
        if self.GECO and self.precision not in allowed:
            raise ValueError(
                f"--preset={self.preset} with --GECO needs --precision={' or '.join(allowed)}, got {self.precision}: "
                "its multiplier overflows in any other (B18)"
            )
