"""Categories of a CP-VAE that start as the clusters of a VAE's latents (after VaDE; Jiang et al., 2017, Section 3.3).

    vae = model.without_categories()
    vae.compile("adam")
    vae.fit(dataset, epochs=25)
    start_categories(model, images)

Training then goes on with `model`, whose networks are the VAE's. No label is seen.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from gpvae_tf._keras import call, keras
from gpvae_tf.checks import at_least_one, check_shape
from gpvae_tf.files import SCIKIT_LEARN, check_installed
from gpvae_tf.models.cp_vae import CPVAE

_AT_ONCE = 1000  # images
_EPOCHS, _RATE = 20, 1e-2  # of the linear classifier, a convex problem


class Clusters(NamedTuple):
    """A mixture of Gaussians fitted to latents.

    Attributes:
      responsibilities: the probability of every Gaussian given a latent, [N, K].
      log_likelihood: mean log-density of the latents, nats, by which the best of several fits is chosen.
    """

    responsibilities: np.ndarray
    log_likelihood: float


def fit_mixture(latents: np.ndarray, num_components: int, *, restarts: int = 10, seed: int = 0) -> Clusters:
    """Fits a mixture of Gaussians with full covariances by EM; of `restarts` starts from k-means the likeliest counts.

    Args:
      latents: [N, D].
      num_components: K.

    Raises:
      MissingPackage: without scikit-learn.
      ValueError: if there are fewer latents than components, or restarts is below 1.
    """
    check_installed("a mixture of Gaussians", SCIKIT_LEARN)
    from sklearn.mixture import GaussianMixture

    at_least_one("restarts", restarts)
    check_shape("latents", latents, ("N", "D"))
    if len(latents) < num_components:
        raise ValueError(f"latents are {len(latents)}, too few for {num_components} components")
    mixture = GaussianMixture(
        num_components, n_init=restarts, random_state=seed, init_params="kmeans", max_iter=200, reg_covar=1e-4
    ).fit(latents)
    return Clusters(mixture.predict_proba(latents), float(mixture.lower_bound_))


def start_categories(
    model: CPVAE, images: np.ndarray, *, mask: np.ndarray | None = None, restarts: int = 10, seed: int = 0
) -> Clusters:
    """Makes the categories of a CP-VAE those of a mixture fitted to the latents of its `without_categories`.

    p(z | c_k) gets the moments of the latents of cluster k, which minimise B2 of Eq. 8 at these responsibilities, and
    q(c | y) a linear classifier of the encoder's features that gives the responsibilities. q(z | y, c) is what it was,
    whatever the category.

    Args:
      model: whose `without_categories` has been trained.
      images: training images [N, H, W, C].
      mask: boolean [N, H, W, C], True = observed; None for all.
      restarts, seed: of `fit_mixture`.

    Returns:
      The clusters of the images.

    Raises:
      MissingPackage: see `fit_mixture`.
      ValueError: see `fit_mixture`; also if images have another shape or values that are not finite or that the
        likelihood cannot have.
    """
    check_shape("images", images, ("N", *model.event_shape))
    model.check_batch({"observations": images, "mask": mask})
    chunks = [slice(start, start + _AT_ONCE) for start in range(0, len(images), _AT_ONCE)]
    shown = (model.checked_images(images[rows], None if mask is None else mask[rows]) for rows in chunks)
    mean, variance, features = (tf.concat(part, axis=0) for part in zip(*(_encoded(model, some) for some in shown)))
    clusters = fit_mixture(mean.numpy(), model.num_categories, restarts=restarts, seed=seed)
    for head in (model.posterior.mean_head, model.posterior.log_variance_head):
        head.forget_categories()  # of what was encoded without one
    means, covariances = moments(clusters.responsibilities, mean.numpy(), variance.numpy())
    model.prior.components.assign_moments(tf.constant(means), tf.constant(covariances))
    _teach(model, features, tf.constant(clusters.responsibilities, tf.float32), seed)
    return clusters


def _encoded(model: CPVAE, images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Mean and variance of z without a category, [B, D], and what q(c | y) is made of, [B, units]."""
    q = model.posterior.condition(images)
    return *q.given(tf.zeros_like(q.logits)), tf.cast(call(model.posterior.features, images), tf.float32)


def moments(weights: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means [K, D] and covariances [K, D, D] of the mixtures sum_n w_nk N(mean_n, diag(variance_n)) / sum_n w_nk.

    Args:
      weights: [N, K].
      mean, variance: [N, D].
    """
    mean, variance = mean.astype(np.float64), variance.astype(np.float64)
    shares = weights / weights.sum(axis=0)
    means = shares.T @ mean
    second = np.einsum("nk,nd,ne->kde", shares, mean, mean, optimize=True)
    within = np.einsum("nk,nd->kd", shares, variance)
    return means, second - means[:, :, None] * means[:, None] + within[:, :, None] * np.eye(mean.shape[1])


def _teach(model: CPVAE, features: tf.Tensor, responsibilities: tf.Tensor, seed: int) -> None:
    """Trains the last layer of q(c | y), and nothing else, to give the responsibilities."""
    head = keras.Sequential(
        [
            keras.Input(features.shape[1:]),
            model.posterior.logit_head,
            keras.layers.Activation(model.posterior.logit_activation, dtype="float32"),
        ]
    )
    head.compile(keras.optimizers.Adam(_RATE), keras.losses.CategoricalCrossentropy(from_logits=True))
    pairs = tf.data.Dataset.from_tensor_slices((features, responsibilities))
    head.fit(pairs.shuffle(len(features), seed=seed).batch(_AT_ONCE), epochs=_EPOCHS, verbose=0)
