"""Every model of the rotated-MNIST experiment, by the name of its --elbo: how it is built, trained and looked at."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gpvae_tf import inducing, kernels
from gpvae_tf._keras import keras
from gpvae_tf.data import minibatches
from gpvae_tf.data.rotated_mnist import RotatedMNIST
from gpvae_tf.experiments.rotated import FAST, VECTOR_SCALE, Learning
from gpvae_tf.latent_gps import LatentPredictor, LowRankGP, MeanField, SparseGP, TitsiasGP
from gpvae_tf.latent_gps.as_coded_low_rank import AsCodedLowRankGP
from gpvae_tf.latent_gps.product_features import ProductFeatures
from gpvae_tf.likelihoods import Gaussian
from gpvae_tf.models import CVAE, GPPVAE, SVGPVAE, DeepSVIGP, LatentGPVAE
from gpvae_tf.models.as_coded_deep_svigp import AsCodedDeepSVIGP
from gpvae_tf.objectives import BetaELBO
from gpvae_tf.training.callbacks_gppvae import RefreshLatents

if TYPE_CHECKING:
    from gpvae_tf.experiments.mnist import MnistConfig

CHUNK = 1024  # images encoded at once to predict from the whole training split
VAE_VARIANCE = 0.01**2  # of pixels, in the authors' VAE and CVAE
SVIGP_VARIANCE = 0.1**2  # of pixels, at first, in deep SVIGP

# Differences between the presets that concern one model.
PRESETS: dict[str, dict[str, Any]] = {
    "paper": {
        "low_rank": LowRankGP,
        "gppvae_predicts_from": "mean",
        "svigp": DeepSVIGP,
        "svigp_scale": 0.01,
        "learning": FAST,
    },
    # B2 and B3: GPPVAE's sign and derivatives; B5: deep SVIGP as coded; one constant learning rate.
    "authors_code": {
        "low_rank": AsCodedLowRankGP,
        "gppvae_predicts_from": "draw",
        "svigp": AsCodedDeepSVIGP,
        "svigp_scale": 1.0,
        "learning": Learning(1e-3),
    },
}


class Recipe(NamedTuple):
    """A model of the experiment.

    Attributes:
      build: makes it from the configuration.
      uses: flags that have an effect with it.
      predictor: what knows the training split, asked for latents at any (angle, id).
      optimizer: from the configuration.
      prepare: sets a model up for a stage of --opt_regime and returns its optimizer, from configuration, stage, the
        stage's steps and the model; None for models without stages.
      callbacks: what it needs while training.
    """

    build: Callable[["MnistConfig"], LatentGPVAE]
    uses: frozenset[str]
    predictor: Callable[[Any, RotatedMNIST], LatentPredictor]
    optimizer: Callable[["MnistConfig"], keras.optimizers.Optimizer]
    prepare: Callable[["MnistConfig", str, int, Any], keras.optimizers.Optimizer] | None = None
    callbacks: Callable[["MnistConfig"], list[keras.callbacks.Callback]] = lambda config: []


def _options(config: "MnistConfig") -> dict[str, Any]:
    return dict(
        image_shape=(28, 28, 1),
        latent_dim=config.L,
        seed=config.seed,
        noise_clip=(1e-3, 10.0) if config.clip_qs else None,
    )


def _kernel(config: "MnistConfig") -> kernels.Kernel:
    objects = kernels.linear(normalize=config.object_kernel_normalize, dtype=config.gp_dtype)
    return kernels.view_object(config.view_kernel(), objects)


def _inducing_points(config: "MnistConfig") -> inducing.InducingPoints:
    """--nr_inducing_points for each of the angles, the held-out one included, as in the authors' code."""
    vectors = config.object_vectors(use_pca=True)[config.data.train.ids]
    points = inducing.views_and_objects(
        config.data.angles,
        vectors,
        config.nr_inducing_points,
        seed=config.seed,
        spread=None if config.PCA else VECTOR_SCALE,
    )
    dtype = config.dtypes["variable_dtype"]
    return inducing.InducingPoints(points, trainable=config.ip_joint, dtype=dtype)


def _sparse(config: "MnistConfig") -> dict[str, Any]:
    return dict(
        kernel=_kernel(config),
        inducing_points=_inducing_points(config),
        num_data=len(config.data.train),
        jitter=config.jitter,
        # without --ov_joint the inputs are the principal components, as in the authors' data files
        embedding=config.embedding(use_pca=config.PCA or not config.ov_joint),
    )


def _svgp_vae(sparse_gp: type[SparseGP]) -> Callable[["MnistConfig"], LatentGPVAE]:
    def build(config: "MnistConfig") -> LatentGPVAE:
        options = _options(config) | _sparse(config) | config.trained_as()
        return SVGPVAE(*config.networks(), sparse_gp=sparse_gp, **options)

    return build


def _deep_svigp(config: "MnistConfig") -> LatentGPVAE:
    decoder = config.networks()[1]
    options = _options(config) | _sparse(config) | {"variable_dtype": config.dtypes["variable_dtype"]}
    # from the whitened prior, whose latents have standard deviations near 5, it takes long to get going
    options |= {"likelihood": Gaussian(SVIGP_VARIANCE, trainable=True), "initial_scale": config.switch("svigp_scale")}
    return config.switch("svigp")(decoder, **options)


def _gppvae(config: "MnistConfig") -> LatentGPVAE:
    views = np.delete(config.data.angles, np.flatnonzero(config.data.angles == config.data.held_out_angle))
    features = ProductFeatures(
        config.view_kernel(), views, normalize=config.object_kernel_normalize, jitter=config.jitter
    )
    latent_gp = config.switch("low_rank")(
        features, trainable=config.GP_joint, variable_dtype=config.dtypes["variable_dtype"]
    )
    options = _options(config) | {"noise_clip": (1e-3, 100.0) if config.clip_qs else None}
    return GPPVAE(
        *config.networks(),
        latent_gp,
        config.data.train.inputs,
        embedding=config.embedding(use_pca=config.PCA or not config.ov_joint),
        likelihood=Gaussian(VAE_VARIANCE),
        predict_from=config.switch("gppvae_predicts_from"),
        **options,
    )


def _vae(config: "MnistConfig") -> LatentGPVAE:
    options = _options(config) | {"likelihood": Gaussian(VAE_VARIANCE)}
    return LatentGPVAE(*config.networks(), MeanField(config.gp_dtype), name="vae", **options)


def _cvae(config: "MnistConfig") -> LatentGPVAE:
    options = _options(config) | {"likelihood": Gaussian(VAE_VARIANCE), "gp_dtype": config.gp_dtype}
    return CVAE(*config.networks(conditions=2), **options)


def _from_sums(model: SVGPVAE, data: RotatedMNIST) -> LatentPredictor:
    return model.known(minibatches.chunks(data.train, CHUNK))


def _from_all(model: LatentGPVAE, data: RotatedMNIST) -> LatentPredictor:
    return model.given(minibatches.as_batch(data.train))


def _fast(config: "MnistConfig", steps: int | None = None) -> keras.optimizers.Optimizer:
    return config.make_optimizer(config.switch("learning"), config.batch_size, config.pixel_variance, steps)


def _fast_svigp(config: "MnistConfig") -> keras.optimizers.Optimizer:
    return config.make_optimizer(config.switch("learning"), config.batch_size, SVIGP_VARIANCE)


def _constant(config: "MnistConfig") -> keras.optimizers.Optimizer:
    return config.make_optimizer(Learning(1e-3), config.batch_size, VAE_VARIANCE)


def _svgp_stage(config: "MnistConfig", stage: str, steps: int, model: SVGPVAE) -> keras.optimizers.Optimizer:
    model.stage = stage
    return _fast(config, steps)


def _gppvae_stage(config: "MnistConfig", stage: str, steps: int, model: GPPVAE) -> keras.optimizers.Optimizer:
    """A stage of GPPVAE with the authors' learning rate and weight: the ELBO of a VAE, then beta (B21)."""
    model.stage = stage
    rate, variance = {
        "VAE": (1e-3, VAE_VARIANCE),
        "GP": (1e-2, config.pixel_variance),
        "joint": (1e-3, config.pixel_variance),
    }[stage]
    model.objective = BetaELBO(variance / VAE_VARIANCE)
    return config.make_optimizer(Learning(rate), config.batch_size, VAE_VARIANCE)


def _refresh(config: "MnistConfig") -> list[keras.callbacks.Callback]:
    return [RefreshLatents(minibatches.chunks(config.data.train, CHUNK))]


def _from_bank(model: GPPVAE, data: RotatedMNIST) -> LatentPredictor:
    return model.known(minibatches.chunks(data.train, CHUNK))


_GP = frozenset({"GP_joint", "ov_joint", "PCA", "M", "object_kernel_normalize"})
_INDUCING = _GP | {"ip_joint", "nr_inducing_points", "jitter"}
_SVGP = _INDUCING | {"GECO", "beta", "opt_regime", "clip_qs"}

RECIPES: dict[str, Recipe] = {
    "VAE": Recipe(_vae, frozenset({"nr_epochs", "clip_qs"}), _from_all, _constant),
    "CVAE": Recipe(_cvae, frozenset({"nr_epochs", "clip_qs"}), _from_all, _constant),
    "SVGPVAE_Hensman": Recipe(_svgp_vae(SparseGP), _SVGP, _from_sums, _fast, _svgp_stage),
    "SVGPVAE_Titsias": Recipe(_svgp_vae(TitsiasGP), _SVGP, _from_sums, _fast, _svgp_stage),
    "GPVAE_Casale": Recipe(
        _gppvae, _GP | {"beta", "opt_regime", "jitter", "clip_qs"}, _from_bank, _constant, _gppvae_stage, _refresh
    ),
    # their README gives it --clip_qs, though it has no encoder whose variances could be clipped
    "SVIGP_Hensman": Recipe(_deep_svigp, _INDUCING | {"nr_epochs", "clip_qs"}, _from_all, _fast_svigp),
}
