"""The part of a latent code that is in use: categories of a CP-VAE, active units of any VAE."""

from typing import NamedTuple

import numpy as np

from gpvae_tf.evaluation.batched import BATCH_SIZE, OverImages
from gpvae_tf.models.cp_vae import CPVAE
from gpvae_tf.models.image_vae import ImageVAE

USED_SHARE = 0.2  # a category counts as used above this share of 1 / K
ACTIVE_VARIANCE = 0.01


class CategoryUse(NamedTuple):
    """The use of K categories by a set of images.

    Attributes:
      aggregated: q(c) = mean of q(c | y), [K] (CP-VAE Eq. 14), the weights for generation.
      assigned: share of images whose most probable category it is, [K].
      num_used: categories with more than 0.2 / K of the aggregated mass.
      perplexity: exp of the entropy of q(c); K if all are used alike, 1 if only one is.
    """

    aggregated: np.ndarray
    assigned: np.ndarray
    num_used: int
    perplexity: float


def category_probabilities(
    model: CPVAE, images: np.ndarray, *, mask: np.ndarray | None = None, batch_size: int = BATCH_SIZE
) -> np.ndarray:
    """q(c | y) of images [N, H, W, C], [N, K]; `mask` is boolean, of their shape, True = observed, None for all.

    Raises:
      ValueError: see `OverImages`.
    """
    probabilities = lambda batch, seed, mask=None: model.categories(batch, mask)
    return OverImages(probabilities, model)(images, mask=mask, batch_size=batch_size)


def category_use(probabilities: np.ndarray) -> CategoryUse:
    """The use of categories, from `category_probabilities` [N, K].

    Raises:
      ValueError: if the rank is another, or there is no image.
    """
    probabilities = np.asarray(probabilities, np.float64)
    if probabilities.ndim != 2 or not len(probabilities):
        raise ValueError(f"probabilities has shape {probabilities.shape}; expected [N, K] with N >= 1")
    size, num_categories = probabilities.shape
    aggregated = probabilities.mean(axis=0)
    aggregated /= aggregated.sum()
    assigned = np.bincount(probabilities.argmax(axis=1), minlength=num_categories) / size
    log_mass = np.log(aggregated, out=np.zeros_like(aggregated), where=aggregated > 0)
    num_used = int(np.sum(aggregated > USED_SHARE / num_categories))
    return CategoryUse(aggregated, assigned, num_used, float(np.exp(-np.sum(aggregated * log_mass))))


class ActiveUnits(NamedTuple):
    """Latent dimensions that vary with the image (Burda et al., 2016).

    Attributes:
      variances: variances of the posterior mean over images, [L].
      num_active: dimensions where it exceeds 0.01.
    """

    variances: np.ndarray
    num_active: int


def active_units(means: np.ndarray, threshold: float = ACTIVE_VARIANCE) -> ActiveUnits:
    """The active units, from posterior means [N, L] (`latent_means`).

    Raises:
      ValueError: if the rank is another, or there are fewer than two images.
    """
    means = np.asarray(means, np.float64)
    if means.ndim != 2 or len(means) < 2:
        raise ValueError(f"means has shape {means.shape}; expected [N, L] with N >= 2")
    variances = means.var(axis=0, ddof=1)
    return ActiveUnits(variances, int(np.sum(variances > threshold)))


def latent_means(
    model: ImageVAE, images: np.ndarray, *, mask: np.ndarray | None = None, batch_size: int = BATCH_SIZE
) -> np.ndarray:
    """Posterior means of images [N, H, W, C], [N, L]; of a CP-VAE the columns behind the first D are the category.

    `mask` is boolean, of the images' shape, True = observed; None for all.

    Raises:
      ValueError: see `OverImages`.
    """
    encode = lambda batch, seed, mask=None: model.encode_batch({"observations": batch, "mask": mask}).mean
    return OverImages(encode, model)(images, mask=mask, batch_size=batch_size)
