"""Bounds and use of the latent code of the models of CP-VAE's Table 1, and unsupervised accuracy."""

from collections.abc import Mapping

import numpy as np

from gpvae_tf.datasets.binarization import Splits
from gpvae_tf.evaluation import bounds, clustering, latent_use, two_sample
from gpvae_tf.experiments.cp_vae import draws
from gpvae_tf.models.cp_vae import CPVAE
from gpvae_tf.models.image_vae import ImageVAE

Numbers = dict[str, float]
DECODED_AT_ONCE = 10_000  # images, in bounds that enumerate categories


def active_units(model: ImageVAE, splits: Splits) -> Numbers:
    """The number of latent units that the test images use."""
    means = latent_use.latent_means(model, splits.test.images)
    return {"active_units": latent_use.active_units(means).num_active}


def category_bounds(model: CPVAE, images: np.ndarray) -> Numbers:
    """The valid and the relaxed bound of CP-VAE; see `bounds.category_bounds`."""
    batch_size = max(1, DECODED_AT_ONCE // model.num_categories)
    return bounds.category_bounds(model, images, batch_size=batch_size)


def categories_used(model: CPVAE, splits: Splits) -> Numbers:
    """Use of the categories by the validation images."""
    use = latent_use.category_use(latent_use.category_probabilities(model, splits.validation.images))
    return {"categories_used": use.num_used, "category_perplexity": use.perplexity}


def category_code(model: CPVAE, splits: Splits) -> Numbers:
    """Use of the categories by the test set; their accuracy, with labels given on the training set by both rules."""
    train, test = (latent_use.category_probabilities(model, s.images) for s in (splits.train, splits.test))
    use = latent_use.category_use(test)
    means = latent_use.latent_means(model, splits.test.images)[:, : model.prior.continuous_dim]
    numbers = {"categories_used": float(use.num_used), "category_perplexity": use.perplexity}
    numbers["active_units"] = float(latent_use.active_units(means).num_active)
    if splits.train.labels is None or splits.test.labels is None:
        return numbers
    for rule in clustering.RULES:
        result = clustering.clustering_accuracy(
            train.argmax(axis=1),
            splits.train.labels,
            test.argmax(axis=1),
            splits.test.labels,
            num_categories=model.num_categories,
            rule=rule,
        )
        numbers[f"test_accuracy_{rule}"] = result.accuracy
    return numbers


def score_scalars(generated: Mapping[str, np.ndarray], test: np.ndarray) -> Numbers:
    """Two-sample test of generated scalars, by way, against the test set, and their mass near the modes.

    Returns:
      "ks_statistic", "ks_p_value", "mass_low", "mass_high" and "mass_elsewhere"; for CP-VAE with q(c) for the weights,
      and the same behind "uniform_" with p(c).
    """
    numbers: Numbers = {}
    for way, values in generated.items():
        result, mass = two_sample.kolmogorov_smirnov(values, test), two_sample.mode_mass(values)
        found = {"ks_statistic": result.statistic, "ks_p_value": result.pvalue}
        found |= {f"mass_{name}": share for name, share in mass._asdict().items()}
        numbers |= {("uniform_" if way == draws.UNIFORM else "") + name: value for name, value in found.items()}
    return numbers
