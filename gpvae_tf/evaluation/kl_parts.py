"""What the KL term of a CP-VAE is made of: mutual information, and KLs of what all images share (CP-VAE Eq. 13).

    E KL(q(z, c | y) || p(z, c)) = I(z, c; y) + E_q(c) KL(q(z | c) || p(z | c)) - H(q(c)) + log K

with q(z, c) = 1/N sum_j q(z, c | y_j), the aggregated posterior of N images.
"""

from typing import NamedTuple

import numpy as np
import scipy.stats
import tensorflow as tf
from scipy.special import logsumexp

from gpvae_tf.evaluation.batched import BATCH_SIZE, OverImages
from gpvae_tf.models.cp_vae import CPVAE


class KLParts(NamedTuple):
    """The terms of Eq. 13 in nats, averages over images.

    Attributes:
      mutual_information: I(z, c; y), of latents and images under q, from one draw per image; at most log N.
      marginal_kl: E_q(c) KL(q(z | c) || p(z | c)), from the same draws: how far what the encoder gives a category is
        from what is generated for it.
      category_entropy: H(q(c)); log K if all categories are used alike.
      kl: the left side in closed form, which the three and log K are an estimate of.
    """

    mutual_information: float
    marginal_kl: float
    category_entropy: float
    kl: float


def kl_parts(
    model: CPVAE,
    images: np.ndarray,
    *,
    mask: np.ndarray | None = None,
    seed: int = 0,
    batch_size: int = BATCH_SIZE,
) -> KLParts:
    """The parts of a CP-VAE's KL over images [N, H, W, C]; takes N^2 densities and memory for N K D numbers.

    Args:
      model: trained.
      images: of which the aggregated posterior is made.
      mask: boolean of their shape, True = observed; None for all.
      seed: of the draws.
      batch_size: images that are encoded at a time.
    """

    def conditionals(batch, _, observed=None):
        q = model.posterior.condition(model.checked_images(batch, observed))
        return q.logits, *q.every(), model.prior.components.kls_from(q)

    # [N, K], twice [N, K, D], [N, K]
    found = OverImages(conditionals, model)(images, mask=mask, batch_size=batch_size)
    logits, mean, variance, kl_of_z = (np.asarray(part, np.float64) for part in found)
    log_q = logits - logsumexp(logits, axis=-1, keepdims=True)
    rng, rows, categories = np.random.default_rng(seed), np.arange(len(logits)), logits.shape[-1]
    picked = np.argmax(log_q + rng.gumbel(size=log_q.shape), axis=-1)
    z = mean[rows, picked] + np.sqrt(variance[rows, picked]) * rng.normal(size=(len(rows), mean.shape[-1]))
    given_image = log_q[rows, picked] + _log_density(z, mean[rows, picked], variance[rows, picked])
    aggregated = _log_aggregated(z, picked, log_q, mean, variance)
    prior = model.prior.components.log_density_given(tf.constant(z), tf.one_hot(picked, categories, dtype=tf.float64))
    log_shares = logsumexp(log_q, axis=0) - np.log(len(rows))
    q = np.exp(log_q)
    kl = np.sum(q * (log_q + kl_of_z), axis=-1) + np.log(categories)
    return KLParts(
        mutual_information=float(np.mean(given_image - aggregated)),
        marginal_kl=float(np.mean(aggregated - log_shares[picked] - prior)),
        category_entropy=float(-np.sum(np.exp(log_shares) * log_shares)),
        kl=float(np.mean(kl)),
    )


def _log_aggregated(
    z: np.ndarray, picked: np.ndarray, log_q: np.ndarray, mean: np.ndarray, variance: np.ndarray
) -> np.ndarray:
    """log q(z_i, c_i) under the aggregated posterior, [N], of draws z [N, D] and their categories c, `picked` [N].

    The posteriors are those of N images: log q(c | y) [N, K], means and variances [N, K, D].
    """
    result, (num, categories) = np.empty(len(z)), log_q.shape
    for k in range(categories):
        of_k = np.flatnonzero(picked == k)
        for few in np.split(of_k, range(categories, len(of_k), categories)):  # K at a time: no more than N K D numbers
            others = log_q[:, k] + _log_density(z[few, np.newaxis], mean[:, k], variance[:, k])
            result[few] = logsumexp(others, axis=-1) - np.log(num)
    return result


def _log_density(z: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    return np.sum(scipy.stats.norm.logpdf(z, mean, np.sqrt(variance)), axis=-1)
