"""The configuration of SVGP-VAE's experiment; names and defaults are the flags of its MNIST_experiment.py."""

import dataclasses
from collections.abc import Mapping

from gpvae_tf.experiments import object_networks
from gpvae_tf.experiments.object_networks import ObjectNetworkOptions
from gpvae_tf.experiments.regimes import REGIME_HELP, read_regimes
from gpvae_tf.experiments.rotated_mnist.config import RotatedConfig, RotatedOptions
from gpvae_tf.flags.options import inherited, needed_by, needs, option

_GP = frozenset({"GP_joint", "ov_joint", "PCA", "M", "object_kernel_normalize", "view_length_scale", "object_offset"})
_INDUCING = _GP | {"ip_joint", "nr_inducing_points", "jitter"}
_SVGP = _INDUCING | {"GECO", "beta", "opt_regime", "object_vectors"}
# The models by the names of --elbo, with the options that have an effect on some models only.
ELBO_OPTIONS: Mapping[str, frozenset[str]] = {
    "VAE": frozenset({"nr_epochs"}),
    "CVAE": frozenset({"nr_epochs"}),
    "SVGPVAE_Hensman": _SVGP,
    "SVGPVAE_Titsias": _SVGP,
    "GPVAE_Vecchia": _GP | {"GECO", "beta", "nr_epochs", "num_neighbours"},
    "GPVAE_Casale": _GP | {"beta", "opt_regime", "jitter"},
    "SVIGP_Hensman": _INDUCING | {"nr_epochs"},
}
_TABLE = needs("object_vectors", "table")


@dataclasses.dataclass(frozen=True)
class SvgpConfig(ObjectNetworkOptions, RotatedConfig):
    """What determines the numbers of a run of SVGP-VAE or of a model beside it."""

    elbo: str = option("VAE", "Model and bound.", choices=ELBO_OPTIONS)
    batch_size: int = option(256, "Images per step.", above=0)
    nr_epochs: int = option(1000, "Epochs of models without stages.", above=0)
    opt_regime: tuple[str, ...] = option(("joint-1000",), REGIME_HELP)
    nr_inducing_points: float = option(
        2.0, "Inducing points per angle; a fraction is spread over some of the 16 angles, so 1.5 gives m = 24.", above=0
    )
    ip_joint: bool = option(False, "Learn the inducing points.")
    num_neighbours: int = option(16, "H, the images that each is conditioned on.", above=0)
    jitter: float = option(1e-6, "Relative jitter of K_mm; raised to what acts in --gp_dtype, 0 is off.", at_least=0)
    object_vectors: str = option(
        "table",
        "table: a vector for every training object; network: the mean of what a network makes of an object's images, "
        "which serves unseen digits too (FGP-VAE Appendix C).",
        choices=("table", "network"),
    )
    ov_joint: bool = inherited(RotatedConfig, "ov_joint", False, needs=_TABLE)
    PCA: bool = option(
        False, "Start object vectors and inducing points from principal components, not N(0, 1.5^2).", needs=_TABLE
    )
    M: int = option(8, "Dimension of the object vectors. (The authors' acts on GPVAE_Casale only.)", above=0)
    view_length_scale: float = option(1.0, "First length scale of the view kernel (the authors' is 1).", above=0)
    object_offset: float = option(
        0.0,
        "First value of the first of the M coordinates of every object vector, a bias of the object kernel; 0 is none.",
    )
    mnist_data_path: str | None = option(
        None,
        "An .npz file to train on instead of generated data, from make_rotated_mnist.py, or from "
        "convert_rotated_mnist.py, which turns the authors' pickles into one.",
        is_path=True,
    )

    needs_of = needed_by("elbo", ELBO_OPTIONS) | {
        name: needs("object_vectors", "network") for name in object_networks.OPTIONS
    }

    def check(self) -> None:
        super().check()
        read_regimes(self.opt_regime)


@dataclasses.dataclass(frozen=True)
class SvgpOptions(RotatedOptions):
    """How a run of SVGP-VAE's experiment is executed."""

    bias_analysis: bool = option(
        False,
        "Compare mini-batch estimators of Eq. 9 with the full data's values at the end.",
        needs=[needs("save"), needs("elbo", *(elbo for elbo in ELBO_OPTIONS if elbo.startswith("SVGPVAE")))],
    )
