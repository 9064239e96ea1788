"""The configurations of CPVAE_experiment.py and VampPrior_experiment.py, with the authors' names."""

import dataclasses

from gpvae_tf.experiments.cp_vae.datasets import CPVAE_DATASETS
from gpvae_tf.experiments.cp_vae.families import CPVAE_FAMILIES, VAMPPRIOR_FAMILIES, choose
from gpvae_tf.experiments.cp_vae.presets import COMPONENTS, ESTIMATORS
from gpvae_tf.experiments.images import WarmUpConfig
from gpvae_tf.flags.command_line import RemovedFlag
from gpvae_tf.flags.options import inherited, needs, needs_not, option

_IMPLIED = RemovedFlag("the data have it.")
_NO_CUDA = RemovedFlag("CUDA_VISIBLE_DEVICES= hides the GPU.", switch=True)


@dataclasses.dataclass(frozen=True)
class PriorConfig(WarmUpConfig):
    """What both scripts have: data, sizes, schedule and scoring, named as in jmtomczak/vae_vampprior."""

    dataset_name: str = option("dynamic_mnist", "Data set to train on and to be scored on.", choices=CPVAE_DATASETS)
    data_file: str | None = option(
        None,
        "OMNIGLOT's chardata.mat, or an .npz of its images; rebuilt through TFDS if not given.",
        needs=needs("dataset_name", "omniglot"),
        may_change=True,
        chooses_data=True,
        is_path=True,
    )
    z1_size: int = option(
        40,
        "Latent dimensions, of the lower level if there are two; in CP-VAE's code 10, in both papers 40.",
        at_least=1,
    )
    hidden_size: int = option(300, "Units of each of the two hidden layers.", at_least=1)
    batch_size: int = option(100, "Images per step.", at_least=1)
    epochs: int = option(2000, "Largest number of epochs, which early stopping may cut short.", at_least=1)
    lr: float = option(5e-4, "Learning rate of the first step.", above=0)
    early_stopping_epochs: int = option(
        50, "Epochs without a better validation bound after which training ends.", at_least=0
    )
    warmup: int = inherited(WarmUpConfig, "warmup", 100)
    S: int = option(5000, "Importance samples per image of the log-likelihood.", at_least=1)
    num_likelihood: int = option(
        0,
        "Test images whose log-likelihood is estimated, 0 for all; the bound is that of all in any case.",
        at_least=0,
    )
    clip_norm: float = option(
        0.0,
        "Largest norm of all gradients together, beyond which they are scaled down; 0 is off. "
        "(The authors' code normalises every gradient.)",
        at_least=0,
        needs=needs("preset", "paper"),
    )

    removed = {
        "MB": RemovedFlag("importance samples are streamed in chunks, whose number changes no result."),
        "test_batch_size": RemovedFlag("it changes no result."),
        "no_cuda": _NO_CUDA,
        "no-cuda": _NO_CUDA,
        "input_size": _IMPLIED,
        "input_type": _IMPLIED,
        "activation": RemovedFlag("the authors' networks do not use it."),
        "dynamic_binarization": RemovedFlag("the data sets imply it, as the authors' loaders do.", switch=True),
    }


_RELAXES = [needs("prior", "conditional"), needs_not("estimator", "enumerate")]
_HAS_GAUSSIANS = needs("prior", "conditional", "MoG")
_FROM_MIXTURE = needs("start", "mixture")
_TOY = RemovedFlag("the toy data are those of the paper, deviations of 0.1 about 0.1 and 1.")
_CAPACITY = "capacities are JointVAE's; the paper does not use them."


@dataclasses.dataclass(frozen=True)
class CpvaeConfig(PriorConfig):
    """What determines the numbers of a CP-VAE run; names are those of main.py in macio232/cp-vae."""

    model_name: str = option(
        "cp_vae_z_xc",
        "CP-VAE with q(z | x, c), or a VAE.",
        choices=dict.fromkeys(family.model_name for family in CPVAE_FAMILIES.values()),
    )
    prior: str = option(
        "conditional",
        "Prior over z: CP-VAE's Gaussian for each category, a standard normal, or MG's mixture of Gaussians.",
        choices=dict.fromkeys(family.prior for family in CPVAE_FAMILIES.values()),
    )
    disc_size: int = option(10, "K, number of categories, or of Gaussians of MG.", at_least=1, needs=_HAS_GAUSSIANS)
    estimator: str | None = option(
        None,
        "Expectation over the category in training: all of them, one draw, a relaxed draw. The preset's if not given.",
        choices=ESTIMATORS,
        needs=needs("prior", "conditional"),
    )
    temp_min: float = option(
        0.5, "Lowest temperature of the Gumbel-softmax, which starts at 1.", above=0, needs=_RELAXES
    )
    anneal_rate: float = option(
        3e-5,
        "Decay rate of the temperature per step; as coded, it compounds per epoch.",
        above=0,
        needs=_RELAXES,
    )
    fixed_var: bool = option(
        False,
        "Keep the prior's variances at the raw value 1, as the authors' code can.",
        needs=[needs("preset", "authors_code"), _HAS_GAUSSIANS],
    )

    covariance: str = option(
        "diagonal",
        "Covariances of the prior's Gaussians; the paper's footnote 3 mentions full ones.",
        choices=COMPONENTS,
        needs=[needs("preset", "paper"), _HAS_GAUSSIANS],
    )
    num_labels: int = option(
        0,
        "Training images whose labels are read, the first ones of every digit; 0 for none.",
        at_least=0,
        needs=[needs("preset", "paper"), needs("prior", "conditional"), needs("start", "random")],
    )
    label_weight: float | None = option(
        None,
        "Weight of log q(c | x) at a label that is read; a tenth of the training images per label if not given.",
        at_least=0,
        needs=needs("num_labels"),
    )
    start: str = option(
        "random",
        "What the categories begin as: random, or clusters of the latents of a VAE, as which the networks train first.",
        choices=("random", "mixture"),
        needs=[needs("preset", "paper"), needs("prior", "conditional")],
    )
    start_epochs: int = option(
        25, "Epochs of the VAE; its learning rate falls to zero.", at_least=1, needs=_FROM_MIXTURE
    )
    start_lr: float = option(2e-3, "Learning rate of the VAE's first step.", above=0, needs=_FROM_MIXTURE)
    start_fits: int = option(4, "Mixtures that are fitted and tried.", at_least=1, needs=_FROM_MIXTURE)
    start_trial: int = option(
        3,
        "Epochs that are trained from every mixture, of which that with the best validation bound after them counts.",
        at_least=1,
        needs=_FROM_MIXTURE,
    )

    removed = {
        "z2_size": RemovedFlag("no model of this script has a second level; VampPrior_experiment.py has some."),
        "beta": RemovedFlag("--warmup=0 gives the KL its full weight at once, and another weight gives no bound."),
        "temp": RemovedFlag("it is 1."),
        "anneal_interval": RemovedFlag("it is 1 epoch as coded, 1,000 steps (Jang et al.) in the paper preset."),
        **dict.fromkeys(("gaussian_mean1", "gaussian_var1", "gaussian_mean2", "gaussian_var2"), _TOY),
        "no_recon_oneHot": RemovedFlag("reconstructions have the most probable category.", switch=True),
        "latent": RemovedFlag("the pictures show every category.", switch=True),
        "use_capacity": RemovedFlag(_CAPACITY, switch=True),
        **dict.fromkeys(
            ("gamma", "num_iter", *(f"{end}_capacity_{part}" for end in ("min", "max") for part in ("cont", "discr"))),
            RemovedFlag(_CAPACITY),
        ),
    }

    def check(self) -> None:
        choose(CPVAE_FAMILIES, self.model_name, self.prior)


_HAS_PSEUDO_INPUTS = needs("prior", "vampprior")
_DRAWS_PSEUDO_INPUTS = [_HAS_PSEUDO_INPUTS, needs_not("use_training_data_init")]


@dataclasses.dataclass(frozen=True)
class VampPriorConfig(PriorConfig):
    """What determines the numbers of a run; names are those of experiment.py in jmtomczak/vae_vampprior, and so are
    defaults but those of the data set (theirs is freyfaces) and of the seed (14).

    The pseudo-inputs' mean is 0.05, as the authors' loaders of both data sets set it, not their flag's -0.05.
    """

    model_name: str = option(
        "vae",
        "VAE with one level of latents, or with two.",
        choices=dict.fromkeys(family.model_name for family in VAMPPRIOR_FAMILIES.values()),
    )
    prior: str = option(
        "vampprior",
        "Prior over the latents, over those of the upper level if there are two.",
        choices=dict.fromkeys(family.prior for family in VAMPPRIOR_FAMILIES.values()),
    )
    z2_size: int = option(
        40,
        "Latent dimensions of the upper level; equal to --z1_size.",
        at_least=1,
        needs=needs("model_name", "hvae_2level"),
    )
    number_components: int = option(500, "K, number of pseudo-inputs.", at_least=1, needs=_HAS_PSEUDO_INPUTS)
    pseudoinputs_mean: float = option(0.05, "Mean of the pseudo-inputs' initial pixels.", needs=_DRAWS_PSEUDO_INPUTS)
    pseudoinputs_std: float = option(
        0.01, "Standard deviation of the pseudo-inputs' initial pixels.", at_least=0, needs=_DRAWS_PSEUDO_INPUTS
    )
    use_training_data_init: bool = option(
        False, "Start the pseudo-inputs from the first training images.", needs=_HAS_PSEUDO_INPUTS
    )

    def check(self) -> None:
        if self.model_name == "hvae_2level" and self.z2_size != self.z1_size:
            raise ValueError(f"--z2_size={self.z2_size} must equal --z1_size={self.z1_size} with two levels")
        choose(VAMPPRIOR_FAMILIES, self.model_name, self.prior)
