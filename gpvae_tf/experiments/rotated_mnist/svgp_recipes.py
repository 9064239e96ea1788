"""Every model of the rotated-MNIST experiment by the name of its --elbo: how it is built, trained and looked at."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from gpvae_tf._keras import keras
from gpvae_tf.data import minibatches
from gpvae_tf.data.rotated_mnist import RotatedMNIST
from gpvae_tf.experiments.rotated_mnist import svgp_models as mnist_models
from gpvae_tf.experiments.rotated_mnist.training import Learning
from gpvae_tf.latent_gps import SparseGP, TitsiasGP
from gpvae_tf.models import GPPVAE, SVGPVAE, LatentGPVAE
from gpvae_tf.models.predictor import Predictor
from gpvae_tf.objectives import BetaELBO
from gpvae_tf.training.callbacks_gppvae import RefreshLatents

if TYPE_CHECKING:
    from gpvae_tf.experiments.rotated_mnist.svgp import MnistConfig

CHUNK = 1024  # images encoded at once to predict from the whole training split


class Recipe(NamedTuple):
    """A model of the experiment.

    Attributes:
      build: makes it from the configuration.
      uses: flags that have an effect with it.
      predictor: the model given the training split, asked for latents at any (angle, id).
      optimizer: from the configuration.
      prepare: sets a model up for a stage of --opt_regime and returns its optimizer, from configuration, stage, the
        stage's steps and the model; None for models without stages.
      callbacks: what it needs while training.
    """

    build: Callable[["MnistConfig"], LatentGPVAE]
    uses: frozenset[str]
    predictor: Callable[[Any, RotatedMNIST], Predictor]
    optimizer: Callable[["MnistConfig"], keras.optimizers.Optimizer]
    prepare: Callable[["MnistConfig", str, int, Any], keras.optimizers.Optimizer] | None = None
    callbacks: Callable[["MnistConfig"], list[keras.callbacks.Callback]] = lambda config: []


def _given_train(model: LatentGPVAE, data: RotatedMNIST) -> Predictor:
    return model.condition_on(minibatches.chunks(data.train, CHUNK))


def _given_bank(model: GPPVAE, data: RotatedMNIST) -> Predictor:
    model.refresh(minibatches.chunks(data.train, CHUNK))
    return model.condition_on()


def _fast(config: "MnistConfig", steps: int | None = None) -> keras.optimizers.Optimizer:
    return config.make_optimizer(config.switch("learning"), config.batch_size, config.pixel_variance, steps)


def _fast_svigp(config: "MnistConfig") -> keras.optimizers.Optimizer:
    return config.make_optimizer(config.switch("learning"), config.batch_size, mnist_models.SVIGP_VARIANCE)


def _constant(config: "MnistConfig") -> keras.optimizers.Optimizer:
    return config.make_optimizer(Learning(1e-3), config.batch_size, mnist_models.VAE_VARIANCE)


def _svgp_stage(config: "MnistConfig", stage: str, steps: int, model: SVGPVAE) -> keras.optimizers.Optimizer:
    model.stage = stage
    return _fast(config, steps)


def _gppvae_stage(config: "MnistConfig", stage: str, steps: int, model: GPPVAE) -> keras.optimizers.Optimizer:
    """A stage of GPPVAE with the authors' learning rate and weight: the ELBO of a VAE, then beta (B21)."""
    model.stage = stage
    rate, variance = {
        "VAE": (1e-3, mnist_models.VAE_VARIANCE),
        "GP": (1e-2, config.pixel_variance),
        "joint": (1e-3, config.pixel_variance),
    }[stage]
    model.objective = BetaELBO(variance / mnist_models.VAE_VARIANCE)
    return config.make_optimizer(Learning(rate), config.batch_size, mnist_models.VAE_VARIANCE)


def _refresh(config: "MnistConfig") -> list[keras.callbacks.Callback]:
    return [RefreshLatents(minibatches.chunks(config.data.train, CHUNK))]


_GP = frozenset({"GP_joint", "ov_joint", "PCA", "M", "object_kernel_normalize"})
_INDUCING = _GP | {"ip_joint", "nr_inducing_points", "jitter"}
_SVGP = _INDUCING | {"GECO", "beta", "opt_regime", "clip_qs"}

RECIPES: dict[str, Recipe] = {
    "VAE": Recipe(mnist_models.vae, frozenset({"nr_epochs", "clip_qs"}), _given_train, _constant),
    "CVAE": Recipe(mnist_models.cvae, frozenset({"nr_epochs", "clip_qs"}), _given_train, _constant),
    "SVGPVAE_Hensman": Recipe(mnist_models.svgp_vae(SparseGP), _SVGP, _given_train, _fast, _svgp_stage),
    "SVGPVAE_Titsias": Recipe(mnist_models.svgp_vae(TitsiasGP), _SVGP, _given_train, _fast, _svgp_stage),
    "GPVAE_Casale": Recipe(
        mnist_models.gppvae,
        _GP | {"beta", "opt_regime", "jitter", "clip_qs"},
        _given_bank,
        _constant,
        _gppvae_stage,
        _refresh,
    ),
    # their README gives it --clip_qs, though it has no encoder whose variances could be clipped
    "SVIGP_Hensman": Recipe(mnist_models.deep_svigp, _INDUCING | {"nr_epochs", "clip_qs"}, _given_train, _fast_svigp),
}
