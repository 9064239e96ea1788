"""What the CP-VAE and VampPrior experiments share: data, schedule, and the numbers of CP-VAE's Table 1."""

import abc
import dataclasses
import functools
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

from gpvae_tf._keras import keras
from gpvae_tf.data import binarized_mnist, omniglot, toy_images
from gpvae_tf.data.binarization import Splits
from gpvae_tf.experiments.cp_vae import models as prior_models
from gpvae_tf.experiments.cp_vae import scores as prior_scores
from gpvae_tf.experiments.images import ImageConfig
from gpvae_tf.likelihoods import BernoulliLikelihood, GaussianLikelihood, Likelihood
from gpvae_tf.models.image_vae import ImageVAE
from gpvae_tf.objectives import BetaELBO, KLWarmUp, Objective
from gpvae_tf.training.optimizers import make_optimizer


class Source(NamedTuple):
    """Where data come from: the fields of `ImageConfig` with these names."""

    mnist_manual_dir: str | None
    data_dir: str | None
    data_file: str | None


DATASETS: Mapping[str, Callable[[Source], Splits]] = MappingProxyType(
    {
        "dynamic_mnist": lambda c: binarized_mnist.load(manual_dir=c.mnist_manual_dir, data_dir=c.data_dir),
        "omniglot": lambda c: omniglot.load(c.data_file, data_dir=c.data_dir),
        "gaussian_data": lambda c: toy_images.load(),
    }
)
# Where it is not Bernoulli.
LIKELIHOODS: Mapping[str, Callable[[], Likelihood]] = MappingProxyType(
    {"gaussian_data": lambda: GaussianLikelihood(toy_images.DEVIATION**2)}
)


@dataclasses.dataclass(frozen=True)
class PriorConfig(ImageConfig):
    """Flags of both scripts, with the names of jmtomczak/vae_vampprior; see `--help` of the scripts for each.

    Attributes:
      kinds: which of `prior_models.MODELS` a --model_name and --prior stand for.
    """

    kinds: ClassVar[Mapping[tuple[str, str], str]] = MappingProxyType({})

    model_name: str = "vae"
    prior: str = "standard"
    dataset_name: str = "dynamic_mnist"
    z1_size: int = 40
    hidden_size: int = 300
    batch_size: int = 100
    epochs: int = 2000
    lr: float = 5e-4
    early_stopping_epochs: int = 50
    warmup: int = 100
    S: int = 5000
    num_likelihood: int = 0
    cosine: bool = False
    clip_norm: float = 0.0

    def __post_init__(self):
        if (self.model_name, self.prior) not in self.kinds:
            known = ", ".join(f"--model_name={model} --prior={prior}" for model, prior in self.kinds)
            raise ValueError(f"--model_name={self.model_name} has no --prior={self.prior}; there is {known}")
        super().__post_init__()
        allowed = {"preset": prior_models.PRESETS, "dataset_name": DATASETS}
        for name, names in allowed.items():
            if getattr(self, name) not in names:
                raise ValueError(f"--{name} must be one of {', '.join(names)}, got {getattr(self, name)!r}")
        for name in ("z1_size", "hidden_size", "num_components", "S"):
            if getattr(self, name) < 1:
                raise ValueError(f"{self.flag(name)} must be >= 1, got {getattr(self, name)}")
        for name in ("early_stopping_epochs", "warmup", "num_likelihood", "clip_norm"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"--{name} must be >= 0, got {getattr(self, name)}")
        if self.clip_norm and self.switches["optimizer"] != "adam":
            raise ValueError(f"--clip_norm has no effect with --preset={self.preset}, which normalises every gradient")
        if self.data_file is not None and self.dataset_name != "omniglot":
            raise ValueError(f"--data_file has no effect with --dataset_name={self.dataset_name}")

    @property
    def kind(self) -> str:
        """Which of `prior_models.MODELS`."""
        return self.kinds[self.model_name, self.prior]

    @property
    @abc.abstractmethod
    def num_components(self) -> int:
        """K: categories, Gaussians or pseudo-inputs."""

    def flag(self, name: str) -> str:
        """The flag that a field or property comes from."""
        return f"--{name}"

    @property
    def switches(self) -> Mapping[str, Any]:
        """What the preset stands for."""
        return prior_models.PRESETS[self.preset]

    @property
    def splits(self) -> Splits:
        return _load(self.dataset_name, Source(self.mnist_manual_dir, self.data_dir, self.data_file))

    @property
    def binarize(self) -> bool:
        return self.splits.train.bounded

    @property
    def num_epochs(self) -> int:
        return self.epochs

    @property
    def train_batch_size(self) -> int:
        return self.batch_size

    @property
    def learning_rate(self) -> float:
        return self.lr

    @property
    def patience(self) -> int:
        return self.early_stopping_epochs

    @property
    def warm_up_epochs(self) -> int:
        return self.warmup

    @property
    def recipe(self) -> prior_models.Recipe:
        """What the model is built from."""
        return prior_models.Recipe(
            self.switches,
            image_shape=self.splits.train.images.shape[1:],
            latent_dim=self.z1_size,
            num_components=self.num_components,
            steps_per_epoch=self.steps_per_epoch,
            units=self.hidden_size,
            policy=self.precision,
            seed=self.seed,
            options={"objective": self.objective(), "likelihood": self.likelihood()},
        )

    def likelihood(self) -> Likelihood:
        """Bernoulli for images, Gaussian for scalars."""
        return LIKELIHOODS.get(self.dataset_name, BernoulliLikelihood)()

    def objective(self) -> Objective:
        """The bound with the KL's weight rising to 1 over --warmup epochs."""
        return KLWarmUp(self.warmup, self.steps_per_epoch) if self.warmup else BetaELBO()

    def build_model(self) -> ImageVAE:
        keras.utils.set_random_seed(self.seed)  # the networks' initial weights
        return prior_models.build(self.kind, self.recipe)

    def optimizer(self) -> keras.optimizers.Optimizer:
        """Adam, or the authors' AdamNormGrad; with --cosine the rate falls to zero, --clip_norm bounds gradients."""
        schedule = keras.optimizers.schedules.CosineDecay(self.lr, self.num_steps) if self.cosine else self.lr
        kind = prior_models.OPTIMIZERS[self.switches["optimizer"]]
        return make_optimizer(schedule, precision=self.precision, clip_norm=self.clip_norm or None, kind=kind)

    def evaluate(self, model: ImageVAE) -> dict[str, float]:
        return prior_scores.KINDS[self.kind].epoch_metrics(model, self.splits)

    def score(self, model: ImageVAE) -> dict[str, float]:
        """See `prior_scores`."""
        return prior_scores.score(self.kind, model, self.splits, num_samples=self.S, num_images=self.num_likelihood)

    def folder(self, expid: str) -> str:
        return f"{expid}_{self.kind}_{self.dataset_name}"

    def summary(self, numbers: Mapping[str, float]) -> str:
        two_sample = ""
        if "ks_statistic" in numbers:
            two_sample = f"; Kolmogorov-Smirnov D = {numbers['ks_statistic']:.4f}, p = {numbers['ks_p_value']:.3g}"
        return (
            f"test ELBO {numbers['test_elbo']:.2f}, log-likelihood {numbers['test_log_likelihood']:.2f} nats per image "
            f"({self.S} importance samples){two_sample}"
        )


@functools.lru_cache(maxsize=3)
def _load(name: str, source: Source) -> Splits:
    return DATASETS[name](source)
