"""The papers' formulas in numpy, as they are printed: explicit inverses, loops over points, nothing of gpvae_tf.

One data set and one channel at a time: y, s [n], k_* matrices. Nothing here is whitened or factorised, on purpose.
"""

import numpy as np


def rbf(x1, x2, length_scale=1.0, amplitude=1.0):
    """amplitude^2 exp(-|x - x'|^2 / 2 l^2) of inputs [n, D]."""
    squared = np.sum((np.asarray(x1)[:, None, :] - np.asarray(x2)[None, :, :]) ** 2, axis=-1)
    return amplitude**2 * np.exp(-squared / (2.0 * length_scale**2))


def matern_three_halves(x1, x2, length_scale=1.0):
    """(1 + r) exp(-r), r = sqrt(3) |x - x'| / l, of inputs [n, 1]."""
    r = np.sqrt(3.0) * np.abs(np.asarray(x1) - np.asarray(x2).T) / length_scale
    return (1.0 + r) * np.exp(-r)


def log_normal(y, mean, cov):
    """log N(y | mean, cov)."""
    residual = y - mean
    return -0.5 * (residual @ np.linalg.inv(cov) @ residual + np.linalg.slogdet(2.0 * np.pi * cov)[1])


def exact_posterior(k_nn, k_ns, k_ss, y, s):
    """Mean and covariance at the queries, Eq. 1."""
    inverse = np.linalg.inv(k_nn + np.diag(s))
    return k_ns.T @ inverse @ y, k_ss - k_ns.T @ inverse @ k_ns


def optimal_q(k_mm, k_mn, y, s, scale=1.0):
    """mu and A of Eqs. 4 and 5 (scale 1), Eq. 9 (scale N/b)."""
    sigma_inverse = np.linalg.inv(k_mm + scale * k_mn @ np.diag(1.0 / s) @ k_mn.T)
    return scale * k_mm @ sigma_inverse @ k_mn @ np.diag(1.0 / s) @ y, k_mm @ sigma_inverse @ k_mm


def sparse_posterior(k_mm, k_ms, k_ss, mu, cov):
    """Mean and covariance of q_S at the queries, Eq. 3."""
    inverse = np.linalg.inv(k_mm)
    return k_ms.T @ inverse @ mu, k_ss - k_ms.T @ inverse @ k_ms + k_ms.T @ inverse @ cov @ inverse @ k_ms


def kl_to_prior(mu, cov, k_mm):
    """KL(N(mu, cov) || N(0, k_mm))."""
    inverse = np.linalg.inv(k_mm)
    log_ratio = np.linalg.slogdet(k_mm)[1] - np.linalg.slogdet(cov)[1]
    return 0.5 * (np.trace(inverse @ cov) + mu @ inverse @ mu - len(mu) + log_ratio)


def hensman(k_mm, k_mn, k_nn, y, s, mu, cov, scale=1.0):
    """L_H of Eq. 7, with the matrices Lambda_i, and its data sum times `scale`."""
    inverse = np.linalg.inv(k_mm)
    total = 0.0
    for i in range(len(y)):
        k_i = k_mn[:, i]
        spread_i = inverse @ np.outer(k_i, k_i) @ inverse  # Lambda_i
        k_tilde = k_nn[i, i] - k_i @ inverse @ k_i
        log_density = -0.5 * (np.log(2.0 * np.pi * s[i]) + (y[i] - k_i @ inverse @ mu) ** 2 / s[i])
        total += log_density - (k_tilde + np.trace(cov @ spread_i)) / (2.0 * s[i])
    return scale * total - kl_to_prior(mu, cov, k_mm)


def titsias(k_mm, k_mn, k_nn, y, s):
    """L_T of Eq. 6."""
    nystrom = k_mn.T @ np.linalg.inv(k_mm) @ k_mn
    trace = np.trace(np.diag(1.0 / s) @ (k_nn - nystrom))
    return log_normal(y, np.zeros(len(y)), nystrom + np.diag(s)) - 0.5 * trace


def expected_log_density(mean, variance, y, s):
    """sum_i E_{N(mean_i, variance_i)} log N(y_i | ., s_i), by 40-point Gauss-Hermite quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    f = mean[:, None] + np.sqrt(variance)[:, None] * nodes
    log_density = -0.5 * (np.log(2.0 * np.pi * s)[:, None] + (y[:, None] - f) ** 2 / s[:, None])
    return float(np.sum(log_density @ (weights / weights.sum())))


def per_channel(function, *arrays):
    """`function` on every [b, l] entry of arrays [B, L, ...], stacked back to [B, L, ...]."""
    return np.array([[function(*row) for row in zip(*data_set, strict=True)] for data_set in zip(*arrays, strict=True)])
