"""The nonparametric VAE's configuration (Bodin et al., 2017).

The paper says: two hidden layers of 500, batches of 128, Adam at 10^-3, "drop-out probability of 0.9". Names, and what
it leaves open, are those of run_main.py in hwalsuklee/tensorflow-mnist-VAE, which has the same settings: 60 epochs, 0.9
as the probability to keep a unit. Other readings of the paper are flags.
"""

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

from gpvae_tf.experiments.config import PRECISION_HELP, PRESET_HELP
from gpvae_tf.experiments.images import ImageConfig
from gpvae_tf.experiments.nonparametric.models import NPVAE_MODELS, PREDICTORS
from gpvae_tf.flags.command_line import RemovedFlag
from gpvae_tf.flags.options import needed_by, needs, option
from gpvae_tf.models.nonparametric_vae import MATCHES

_OF_MATCH = ("predictor", "match", "match_weight", "match_moves_z")
_OF_X = ("dim_x", *_OF_MATCH, "decoded_weight", "location_weight", "num_anchors")


@dataclasses.dataclass(frozen=True)
class NpvaeConfig(ImageConfig):
    """What determines a run's numbers."""

    preset: str = option("paper", PRESET_HELP, choices=("paper",))  # there is no public code
    precision: str = option("float32", PRECISION_HELP, choices=("float32", "mixed_bfloat16", "mixed_float16"))
    model: str = option(
        "NPVAE",
        "NPVAE has the space X; VAE is a plain one on the same networks.",
        choices=tuple(NPVAE_MODELS),
    )
    dim_z: int = option(500, "Number of dimensions of Z.", at_least=1)
    dim_x: int = option(2, "Number of dimensions of X.", at_least=1)
    n_hidden: int = option(500, "Units of the two hidden layers of every network.", at_least=1)
    keep_prob: float = option(
        0.9, "Probability to keep a hidden unit in training; 1 is no dropout.", above=0, at_most=1
    )
    predictor: str = option(
        "kernel",
        "How z~ is predicted: a convex combination (Eqs. 4 and 6), or the GP's mean (Eq. 3).",
        choices=tuple(PREDICTORS),
    )
    match: str = option(
        "means",
        "What ties Z to X: |E[z] - E[z~]|^2 (Eq. 5), or the divergence of Eq. 1 or of Eq. 2 that it approximates.",
        choices=MATCHES,
        needs=needs("predictor", "gp"),
    )
    match_weight: float = option(1.0, "Weight of what --match names.", at_least=0)
    match_moves_z: bool = option(True, "Whether the match term moves Z too, or X only.")
    decoded_weight: float = option(0.0, "Weight of log p(y | z~), which the paper lacks.", at_least=0)
    location_weight: float = option(0.0, "Weight of -|x|^2, which the paper lacks.", at_least=0)
    learn_rate: float = option(1e-3, "Adam learning rate, at first.", above=0)
    num_epochs: int = option(60, "Number of training epochs; the paper's is not known.", at_least=1)
    batch_size: int = option(128, "Images per step; each has the others for neighbours.", at_least=2)
    num_train: int = option(0, "Number of training images, the first ones, for quick runs; 0 for all.", at_least=0)
    num_anchors: int = option(
        0, "Number of training images, drawn at random, that predictions rest on; 0 for all.", at_least=0
    )

    needs_of = needed_by("model", {"NPVAE": _OF_X})
    removed: ClassVar[Mapping[str, RemovedFlag]] = {
        "data_file": RemovedFlag("the data are MNIST."),
        "results_path": RemovedFlag("--base_dir and --expid name the run's folder."),
        "add_noise": RemovedFlag("the paper has no denoising."),
    }
