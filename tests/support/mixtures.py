"""Mixture components with random parameters, and what a mixture's density is checked by."""

import numpy as np
import tensorflow as tf
from scipy import stats

from gpvae_tf.priors import Prior


def spread(components, rng):
    """The components themselves, with random means and variances."""
    components.means.assign(rng.normal(size=components.means.shape))
    components.log_variances.assign(rng.uniform(-1.5, 0.5, components.means.shape))
    return components


def component_densities(z, components):
    """log N(z; m_k, v_k) of latents [..., L] by scipy, [..., K]."""
    means, deviations = components.means.numpy(), np.exp(0.5 * components.log_variances.numpy())
    return stats.norm.logpdf(z[..., None, :], means, deviations).sum(axis=-1)


def integral(prior: Prior, edge: float = 12.0, points: int = 400) -> float:
    """The integral of a density over two dimensions, by the rule of rectangles on a grid."""
    axis = np.linspace(-edge, edge, points)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).astype(np.float32)
    return float(np.exp(prior.log_prob(tf.constant(grid)).numpy().astype(np.float64)).sum() * (axis[1] - axis[0]) ** 2)
