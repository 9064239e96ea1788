"""Mean bounds of a set of images: the negative ELBO of the papers' tables, and CP-VAE's valid and relaxed ones."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from gpvae_tf.datasets.image_sets import ImageSet
from gpvae_tf.evaluation.batched import BATCH_SIZE, OverImages
from gpvae_tf.models.cp_estimators import Enumerate, Estimator, Relaxed
from gpvae_tf.models.cp_vae import CPVAE
from gpvae_tf.models.image_vae import ImageVAE
from gpvae_tf.types import Batch, Bound


def mean_bound(
    model: ImageVAE,
    images: np.ndarray,
    *,
    mask: np.ndarray | None = None,
    bound: Callable[[Batch, tf.Tensor], Bound] | None = None,
    seed: tuple[int, int] = (0, 0),
    batch_size: int = BATCH_SIZE,
) -> dict[str, float]:
    """Means over images of the bound that the model trains on, or of another, and of its parts, nats.

    Args:
      model: any model of single images.
      images: [N, H, W, C].
      mask: boolean [N, H, W, C], True = observed; None for all. The bound is that of what was observed.
      bound: the other one, from a batch and a seed.
      seed: seed of the draws of z.
      batch_size: images at a time.

    Returns:
      "elbo", "reconstruction", "regularizer" and the bound's parts by name.

    Raises:
      ValueError: if there is no image, they have another shape or values that the likelihood cannot have, or batch_size
        is below the fewest images of a batch.
    """

    def named(images: tf.Tensor, seed: tf.Tensor, mask: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        result = (bound or model.elbo)({"observations": images, "mask": mask}, seed)
        terms = {"elbo": result.elbo, "reconstruction": result.reconstruction, "regularizer": result.regularizer}
        return terms | dict(result.parts)

    over_images = OverImages(named, model, fewest=model.fewest_images)
    values = over_images(images, mask=mask, batch_size=batch_size, seed=seed)
    return {name: float(np.mean(value, dtype=np.float64)) for name, value in values.items()}


class NegativeELBO:
    """The loss that a run is stopped on: the mean negative bound of a split as `test_step` has it, nats per image.

    Its draws are the same every time. It is compiled when it meets a model that is not the last one.

    Args:
      batch_size: images at a time.
    """

    def __init__(self, batch_size: int = 500):
        self._batch_size = batch_size
        self._of: tuple[ImageVAE, OverImages] | None = None

    def __call__(self, model: ImageVAE, data: ImageSet) -> float:
        if self._of is None or self._of[0] is not model:
            elbo = lambda images, seed: model.testing_bound({"observations": images}, seed).elbo
            self._of = model, OverImages(elbo, model, fewest=model.fewest_images)
        return -float(np.mean(self._of[1](data.images, batch_size=self._batch_size), dtype=np.float64))


def category_bounds(
    model: CPVAE,
    images: np.ndarray,
    *,
    mask: np.ndarray | None = None,
    relaxed: Estimator | None = None,
    seed: tuple[int, int] = (0, 0),
    batch_size: int = BATCH_SIZE,
) -> dict[str, float]:
    """CP-VAE's bounds both ways, means over images, nats.

    "elbo" is valid: c one-hot, its expectation enumerated (K decodes per image: choose batch_size accordingly).
    "relaxed_bound" has a Gumbel-softmax draw in the place of c, at the temperature of the model's step. It is no bound,
    and better than the ELBO by what the relaxed c carries beyond its category; the authors' numbers are of this kind.

    Args:
      model: the CP-VAE.
      images: [N, H, W, C].
      relaxed: how; the model's own estimator if that is relaxed, else `Relaxed` at the temperature of its draws.
      mask, seed, batch_size: see `mean_bound`.

    Returns:
      "elbo" with its "reconstruction", "regularizer", "category_kl" and "kl"; "relaxed_bound"; "relaxation_gap", the
      difference.
    """
    relaxed = relaxed or _relaxed(model.estimator)

    def means(how: Estimator) -> dict[str, float]:
        bound = lambda batch, seed: model.bound(batch, how, seed)
        return mean_bound(model, images, mask=mask, bound=bound, seed=seed, batch_size=batch_size)

    hard, soft = means(Enumerate()), means(relaxed)["elbo"]
    return {**hard, "relaxed_bound": soft, "relaxation_gap": soft - hard["elbo"]}


def _relaxed(estimator: Estimator) -> Estimator:
    if estimator.is_relaxed:
        return estimator
    return Relaxed(estimator.temperature if isinstance(estimator, Relaxed) else None)
