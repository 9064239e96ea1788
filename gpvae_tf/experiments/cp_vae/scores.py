"""The numbers of CP-VAE's Table 1, and more: bounds, log-likelihood, use of the code, unsupervised accuracy."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from gpvae_tf.data.binarization import Splits
from gpvae_tf.evaluation import bounds, clustering, importance, latent_use
from gpvae_tf.experiments.cp_vae import draws as prior_draws
from gpvae_tf.models.cp_vae import CPVAE
from gpvae_tf.models.image_vae import ImageVAE

Numbers = dict[str, float]
DECODED_AT_ONCE = 10_000  # images, in bounds that enumerate categories


class Kind(NamedTuple):
    """How models of a kind are looked at.

    Attributes:
      bounds: (model, images) -> numbers, "elbo" the valid bound among them.
      epoch_metrics: (model, splits) -> numbers for the log of every epoch.
      code: (model, splits) -> numbers on the use of the code.
    """

    bounds: Callable[[Any, np.ndarray], Numbers]
    epoch_metrics: Callable[[Any, Splits], Numbers]
    code: Callable[[Any, Splits], Numbers]


def _category_bounds(model: CPVAE, images: np.ndarray) -> Numbers:
    batch_size = max(1, DECODED_AT_ONCE // model.num_categories)
    return bounds.category_bounds(model, images, batch_size=batch_size)


def _categories_used(model: CPVAE, splits: Splits) -> Numbers:
    use = latent_use.category_use(latent_use.category_probabilities(model, splits.validation.images))
    return {"categories_used": use.num_used, "category_perplexity": use.perplexity}


def _category_code(model: CPVAE, splits: Splits) -> Numbers:
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


def _active_units(model: ImageVAE, splits: Splits) -> Numbers:
    means = latent_use.latent_means(model, splits.test.images)
    return {"active_units": latent_use.active_units(means).num_active}


_PLAIN = Kind(bounds.mean_bound, lambda model, splits: {}, _active_units)
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        **dict.fromkeys(("vae", "mg", "vamp", "hvae", "hvp"), _PLAIN),
        "cp": Kind(_category_bounds, _categories_used, _category_code),
    }
)


def score(kind: str, model: ImageVAE, splits: Splits, *, num_samples: int, num_images: int) -> Numbers:
    """Validation and test bounds, use of the code, and the test log-likelihood.

    The log-likelihood of a part of the test set is log-likelihood minus ELBO there, plus the ELBO of the whole set: the
    difference varies from image to image far less than either.

    Args:
      kind: one of `KINDS`.
      model: with the weights to be scored.
      splits: the data.
      num_samples: S, importance samples per image.
      num_images: test images of which the log-likelihood is estimated, the first ones; 0 for all.
    """
    of = KINDS[kind]
    numbers = {f"validation_{k}": v for k, v in of.bounds(model, splits.validation.images).items()}
    numbers |= {f"test_{k}": v for k, v in of.bounds(model, splits.test.images).items()}
    images = splits.test.images[: num_images or None]
    values = importance.log_likelihoods(model, images, num_samples=num_samples)
    gap = float(values.mean()) - of.bounds(model, images)["elbo"]
    numbers |= {"test_log_likelihood": numbers["test_elbo"] + gap, "likelihood_gap": gap, "num_likelihood": len(images)}
    scalars = {} if splits.test.bounded else prior_draws.score_scalars(kind, model, splits)
    return numbers | of.code(model, splits) | scalars
