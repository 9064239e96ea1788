"""The moving ball's configuration: names and defaults are the flags of BALL_experiment.py in ratschlab/SVGP-VAE."""

import dataclasses

from gpvae_tf.experiments.config import RunOptions
from gpvae_tf.experiments.gp_config import GPConfig
from gpvae_tf.flags.options import needs, needs_not, option

ELBOS = ("GPVAE_Pearce", "VAE", "NP", "SVGPVAE_Hensman", "SVGPVAE_Titsias", "GPVAE_Markov", "GPVAE_Vecchia")
SPARSE = ("SVGPVAE_Hensman", "SVGPVAE_Titsias")
_IS_SPARSE = needs("elbo", *SPARSE)
_HAS_GP = needs("elbo", *(elbo for elbo in ELBOS if elbo != "VAE"))
_MOVES_POINTS = needs("ip_joint")


@dataclasses.dataclass(frozen=True)
class BallConfig(GPConfig):
    """What determines the numbers of a moving-ball run."""

    elbo: str = option(
        "GPVAE_Pearce",
        "Model and bound. GPVAE_Markov has a Matern-5/2 kernel, the others the exponentiated quadratic.",
        choices=ELBOS,
    )
    steps: int = option(25000, "Adam steps, one batch of 35 new videos each.", at_least=1, may_change=True)
    steps_per_epoch: int = option(1000, "Steps between evaluations, log rows and checkpoints.", at_least=1)
    beta0: float = option(1.0, "Constant weight of the term beside the reconstruction; 1 is the ELBO.", at_least=0)
    modellt: float = option(
        2.0,
        "Length scale of the model's kernel, frames; must equal --vidlt.",
        above=0,
        needs=[_HAS_GP, needs_not("GP_joint")],
    )
    vidlt: float = option(2.0, "Length scale of the GP that moves the ball, frames.", above=0)
    tmax: int = option(30, "Frames per video.", at_least=4)
    m: int = option(15, "Inducing points per latent channel.", at_least=1, needs=_IS_SPARSE)
    GP_joint: bool = option(False, "Learn the length scales, from --GP_init.", needs=_HAS_GP)
    GP_init: float = option(2.0, "Initial length scale with --GP_joint, frames.", above=0, needs=needs("GP_joint"))
    ip_joint: bool = option(
        False, "Learn the inducing points, from --m equally spaced in [--ip_min, --ip_max].", needs=_IS_SPARSE
    )
    ip_min: int = option(1, "First initial inducing point with --ip_joint, frame.", needs=_MOVES_POINTS)
    ip_max: int = option(30, "Last initial inducing point with --ip_joint, frame.", needs=_MOVES_POINTS)
    clip_qs: bool = option(False, "Clip the encoder's variances to [1e-6, 1e3]. (The authors ignore it for exact GPs.)")
    clip_grad: bool = option(False, "Clip every gradient entry to +-1e5.")
    jitter: float = option(
        1e-9, "Relative jitter of K_mm; raised to what acts in --gp_dtype, 0 is off.", at_least=0, needs=_IS_SPARSE
    )

    def check(self) -> None:
        super().check()
        if self.modellt != self.vidlt and not self.GP_joint and self.elbo != "VAE":
            raise ValueError(
                f"--modellt={self.modellt} and --vidlt={self.vidlt} differ: model and data must share their length "
                "scale, unless it is learned (--GP_joint) or the model has none (--elbo=VAE)"
            )


@dataclasses.dataclass(frozen=True)
class BallOptions(RunOptions):
    """How a moving-ball run is executed."""

    squares_circles: bool = option(
        False,
        "Also draw the encoder's image of a circle and a square grid of positions.",
        needs=[needs("save"), needs("figures")],
    )
