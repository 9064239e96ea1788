"""The nonparametric VAE's experiment (Bodin et al., 2017): its flags as a configuration."""

import dataclasses
import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from gpvae_tf import kernels, serving
from gpvae_tf._keras import keras
from gpvae_tf.data import binarized_mnist
from gpvae_tf.data.binarization import Splits
from gpvae_tf.data.image_sets import ImageSet
from gpvae_tf.experiments.images import ImageConfig
from gpvae_tf.experiments.nonparametric import models as npvae_models
from gpvae_tf.experiments.nonparametric import scores as npvae_scores
from gpvae_tf.experiments.nonparametric.models import MODELS, PREDICTORS, Space
from gpvae_tf.models.npvae import NonparametricVAE
from gpvae_tf.serving.nonparametric import ServableNonparametric

PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType({"paper": {}})  # there is no public code
MOST_GP_ANCHORS = 5_000  # whose matrix is factorised for every batch of queries


@dataclasses.dataclass(frozen=True)
class NpvaeConfig(ImageConfig):
    """What determines a run's numbers.

    The paper says: two hidden layers of 500, batches of 128, Adam at 10^-3, "drop-out probability of 0.9". Names, and
    what it leaves open, are those of run_main.py in hwalsuklee/tensorflow-mnist-VAE, which has the same settings: 60
    epochs, 0.9 as the probability to keep a unit. Other readings of the paper are flags.

    The epoch is chosen by Eq. 5 on the validation images, 500 at a time; an image's neighbours are the others of its
    500, in the order of the file. In training they are the 127 others of a batch.
    """

    model: str = "NPVAE"
    dim_z: int = 500
    dim_x: int = 2
    n_hidden: int = 500
    keep_prob: float = 0.9
    predictor: str = "kernel"
    match_weight: float = 1.0
    match_moves_z: bool = True
    decoded_weight: float = 0.0
    location_weight: float = 0.0
    learn_rate: float = 1e-3
    num_epochs: int = 60
    batch_size: int = 128
    num_train: int = 0
    num_anchors: int = 0
    cosine: bool = False

    def __post_init__(self):
        for name, names in {"preset": PRESETS, "model": MODELS, "predictor": PREDICTORS}.items():
            if getattr(self, name) not in names:
                raise ValueError(f"--{name} must be one of {', '.join(names)}, got {getattr(self, name)!r}")
        least = {"dim_z": 1, "dim_x": 1, "n_hidden": 1, "num_epochs": 1, "batch_size": 2, "num_train": 0}
        least |= dict.fromkeys(("num_anchors", "match_weight", "decoded_weight", "location_weight"), 0)
        for name, value in least.items():
            if not getattr(self, name) >= value:
                raise ValueError(f"--{name} must be >= {value}, got {getattr(self, name)}")
        if not 0.0 < self.keep_prob <= 1.0:
            raise ValueError(f"--keep_prob must lie in (0, 1], got {self.keep_prob}")
        if not self.learn_rate > 0:
            raise ValueError(f"--learn_rate must be positive, got {self.learn_rate}")
        super().__post_init__()
        if self.precision != "float32":
            raise ValueError(f"--precision must be float32 here, got {self.precision!r}: networks with dropout are")
        if self.data_file is not None:
            raise ValueError(f"--data_file has no effect here: the data are MNIST, got {self.data_file!r}")

    @property
    def splits(self) -> Splits:
        """Grey MNIST, 55,000/5,000/10,000; with --num_train the first ones of the 55,000."""
        return _load(self.mnist_manual_dir, self.data_dir, self.num_train)

    @property
    def train_batch_size(self) -> int:
        return self.batch_size

    @property
    def learning_rate(self) -> float:
        return self.learn_rate

    @property
    def recipe(self) -> npvae_models.Recipe:
        """What the model is built from."""
        options = dict(match_weight=self.match_weight, match_moves_z=self.match_moves_z, seed=self.seed)
        options |= dict(decoded_weight=self.decoded_weight, location_weight=self.location_weight)
        return npvae_models.Recipe(
            image_shape=self.splits.train.images.shape[1:],
            latent_dim=self.dim_z,
            location_dim=self.dim_x,
            units=self.n_hidden,
            rate=1.0 - self.keep_prob,
            predictor=self.predictor,
            options=options,
        )

    def build_model(self) -> NonparametricVAE:
        """The model.

        Raises:
          ValueError: if there are more anchors than training images, too many for a GP, or a batch of a single image.
        """
        size = len(self.splits.train)
        if self.num_anchors > size:
            raise ValueError(f"--num_anchors must be at most {size}, the training images; got {self.num_anchors}")
        if self.predictor == "gp" and (self.num_anchors or size) > MOST_GP_ANCHORS:
            given = self.num_anchors or f"0, all {size}"
            raise ValueError(f"--predictor=gp needs --num_anchors between 1 and {MOST_GP_ANCHORS}, got {given}")
        if size % self.batch_size == 1:
            count = f"--batch_size={self.batch_size} makes of {size} training images"
            raise ValueError(f"{count} a last batch of 1, which has no neighbours; choose another size")
        keras.utils.set_random_seed(self.seed)  # the networks' initial weights
        return MODELS[self.model].build(self.recipe)

    def evaluate(self, model: NonparametricVAE) -> dict[str, float]:
        """The predictor's hyperparameters; the validation loss is in the logs already."""
        return kernels.learned(model.predictor)

    def space(self, model: NonparametricVAE) -> Space:
        """Where the images of a trained model lie."""
        return MODELS[self.model].space(model, self.splits.train.images, self.num_anchors, self.seed)

    def score(self, model: NonparametricVAE) -> dict[str, float]:
        """See `npvae_scores`."""
        return npvae_scores.score(self.space(model), self.splits)

    def servable(self, model: NonparametricVAE) -> serving.Servable:
        """With `embed` and `generate` where there is an X."""
        space = self.space(model)
        if isinstance(space, npvae_models.LocationSpace):
            return ServableNonparametric(model, space.references)
        return serving.ServableImages(model)

    def folder(self, expid: str) -> str:
        return f"{expid}_{self.model}_z{self.dim_z}"

    def summary(self, numbers: Mapping[str, float]) -> str:
        from_x = f", {numbers['test_nll_x']:.2f} from X" if "test_nll_x" in numbers else ""
        space = MODELS[self.model].space.name
        return (
            f"test reconstruction {numbers['test_nll_z']:.2f} nats per image from Z{from_x}; "
            f"10-NN accuracy in {space} {numbers['test_accuracy_10']:.3f}"
        )


@functools.lru_cache(maxsize=1)
def _load(manual_dir: str | None, data_dir: str | None, num_train: int) -> Splits:
    splits = binarized_mnist.load_grey(manual_dir=manual_dir, data_dir=data_dir)
    train = splits.train
    if num_train > len(train):
        raise ValueError(f"--num_train must be at most {len(train)}, the training images; got {num_train}")
    if not num_train:
        return splits
    labels = None if train.labels is None else train.labels[:num_train]
    fewer = ImageSet("train", train.images[:num_train], labels)
    return splits._replace(train=fewer, description=f"{splits.description}, first {num_train} training images")
