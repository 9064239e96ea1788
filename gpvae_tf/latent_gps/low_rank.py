"""A GP prior with covariance V V^T + alpha I behind a mean-field posterior: GPPVAE (Casale et al., 2018)."""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.gp import gaussians, linalg, low_rank, low_rank_expansion
from gpvae_tf.latent_gps.base import LatentGP, LatentPosterior, LatentPredictor
from gpvae_tf.latent_gps.latent_dataset import LatentDataset
from gpvae_tf.latent_gps.product_features import ProductFeatures
from gpvae_tf.latent_gps.proposals import RegressionProposal
from gpvae_tf.types import Gaussian


class LowRankPredictor(LatentPredictor):
    """GP regression on latents Z with noise alpha. It predicts the function f; a latent itself is f + N(0, alpha).

    Attributes:
      regression: the posterior of the weights.
    """

    def __init__(self, prior: "LowRankGP", regression: low_rank.LowRankRegression):
        self._prior, self.regression = prior, regression

    def predict(self, x: tf.Tensor) -> Gaussian:
        features = self._prior.features
        return low_rank.marginals(self.regression, features(x), features.residual_variance(x)).transposed()

    def predict_joint(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Mean [..., L, s] and covariance [..., 1, s, s], which the channels share."""
        features = self._prior.features
        covariance = low_rank.covariance(self.regression, features(x)) + features.residual_covariance(x)
        return self.predict(x).mean, covariance[..., tf.newaxis, :, :]


class LowRankPosterior(LowRankPredictor, LatentPosterior):
    """q(Z) = prod_i N(z_i; y_i, s_i), the encoder's own Gaussian; its part of the bound is E_q[log p(Z)] + H[q].

    E_q[log p(z_l)] = log N(y_l | 0, K) - 1/2 sum_i s_il [K^-1]_ii in closed form, for a complete data set. Predictions
    rest on y; as in Casale et al., they do not depend on the variances s. Marginals, draws and entropy ask for no
    regression, so they are there at any views.
    """

    def __init__(self, prior: "LowRankGP", data: LatentDataset):
        self._prior, self.data = prior, data

    @property
    def regression(self) -> low_rank.LowRankRegression:  # type: ignore[override]
        """The posterior of the weights, computed at every call.

        Raises:
          ValueError: see `LowRankGP.statistics`.
        """
        return low_rank.condition(self._prior.statistics(self.data), self._prior.alpha)

    def marginals(self) -> Gaussian:
        return Gaussian(self.data.y, self.data.noise_variance)

    def single_marginals(self) -> Gaussian:
        """Means and variances [n, L] of the only data set there is."""
        return Gaussian(*(tf.linalg.matrix_transpose(part[0]) for part in self.marginals()))

    def regularizer(self) -> Mapping[str, tf.Tensor]:
        regression = self.regression
        projected = low_rank.project(regression, self._prior.features(self.data.x))
        inverse = low_rank.inverse_diagonal(regression, projected)[..., tf.newaxis, :]
        noise, mask = self.data.noise_variance, self.data.channel_mask
        noise = noise if mask is None else tf.where(mask, noise, tf.zeros_like(noise))
        spread = gaussians.masked_sum(noise * inverse, mask)
        return {"log_prior": regression.log_density - 0.5 * spread, "entropy": self.entropy()}

    def entropy(self) -> tf.Tensor:
        """H[q] = 1/2 sum_i log(2 pi e s_i), [..., L], nats: minus the cross entropy of q with itself."""
        y, s = self.data.y, self.data.noise_variance
        return -gaussians.expected_log_density(self.marginals(), y, s, self.data.channel_mask)

    def expected_standard_normal(self) -> tf.Tensor:
        """E_q[log N(z_l | 0, I)] in closed form, [..., L], nats."""
        zeros = tf.zeros_like(self.data.y)
        return gaussians.expected_log_density(self.marginals(), zeros, tf.ones_like(zeros), self.data.channel_mask)


class LowRankGP(LatentGP):
    """z_il = phi(x_i)^T w_l + r_il + e_il, w_l ~ N(0, I), e ~ N(0, alpha), the same covariance for every channel.

    r has the features' residual variance, which is zero at the training views, `features.views`. It enters predictions,
    which are made at any view, but nothing that is conditioned on: executed eagerly, data at other views are refused.
    Compiled code, such as a SavedModel, does not look, and is wrong about them. O(N H^2 + H^3).

    Args:
      features: phi and its residual (`ProductFeatures`); its dtype is that of the algebra.
      noise_variance: alpha, initial or fixed, > 0.
      trainable: whether alpha is learned.
      variable_dtype: dtype of its variable.
    """

    part_names = ("log_prior", "entropy")
    predicts_own_points = False

    def __init__(
        self,
        features: ProductFeatures,
        *,
        noise_variance: float = 0.1,
        trainable: bool = False,
        variable_dtype: str = "float32",
    ):
        super().__init__(features.dtype, name="low_rank_gp")
        self.features = features
        self.noise_variance = kernels.positive(
            noise_variance,
            trainable=trainable,
            name="noise_variance",
            dtype=self.dtype.name,
            variable_dtype=variable_dtype,
        )

    @property
    def alpha(self) -> tf.Tensor:
        """The noise variance, [], in the dtype of the algebra."""
        return tf.convert_to_tensor(self.noise_variance)

    def condition(self, data: LatentDataset) -> LowRankPosterior:
        return LowRankPosterior(self, data.checked())

    def checked(self, data: LatentDataset) -> LatentDataset:
        """See `LatentGP.checked`.

        Raises:
          ValueError: executed eagerly, also if an observed point is not at a training view.
        """
        self._check_views(data.x, data.mask)
        return super().checked(data)

    def statistics(self, data: LatentDataset) -> low_rank.LowRankStatistics:
        """Sufficient statistics of the y of a latent data set for the weights; those of several data sets add up."""
        features = self.features(self.checked(data).x)
        return low_rank.statistics(features, tf.linalg.matrix_transpose(data.y), data.mask)

    def condition_on_statistics(self, stats: low_rank.LowRankStatistics) -> LowRankPredictor:
        """The predictor given the latents behind summed statistics."""
        return LowRankPredictor(self, low_rank.condition(stats, self.alpha))

    def prior_covariance(self, x: tf.Tensor) -> tf.Tensor:
        """Prior covariance of the function f, without the noise alpha, [..., 1, s, s]."""
        v = self.features(x)
        return (tf.matmul(v, v, transpose_b=True) + self.features.residual_covariance(x))[..., tf.newaxis, :, :]

    def proposal(self, data: LatentDataset) -> RegressionProposal:
        """That of latents, which are f with the noise alpha."""
        covariance = linalg.add_to_diagonal(self.prior_covariance(data.x), self.alpha)
        return RegressionProposal(covariance, self.checked(data))

    def regression(self, x: tf.Tensor, z: tf.Tensor) -> low_rank.LowRankRegression:
        """p(Z) and the weights' posterior for inputs [..., N, D] at training views and latents [..., N, L].

        Raises:
          ValueError: executed eagerly, if an input is at another view.
        """
        self._check_views(x)
        return low_rank.condition(low_rank.statistics(self.features(x), z), self.alpha)

    def grouped_regression(self, x: tf.Tensor, z: tf.Tensor, mask: tf.Tensor) -> low_rank.LowRankRegression:
        """`regression` in O(N M (M + L) + H^3) for rows ordered by `ProductFeatures.group`, [Q, n, D], [Q, n, L]."""
        return low_rank.condition(self.features.grouped_statistics(x, z, mask), self.alpha)

    def log_density(self, x: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        """log N(z_l | 0, K) of latents [..., N, L] at inputs [..., N, D], exact, [..., L], nats."""
        return self.regression(x, z).log_density

    def expanded_log_density(self, regression: low_rank.LowRankRegression, x: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        """The share of some rows in sum_l log N(z_l | 0, K) of all rows, to first order around these, [...].

        Value and gradients: see `gp.low_rank_expansion.linearized`. Differentiation costs what the mini-batch costs,
        since all rows enter through constant coefficients only.

        Args:
          regression: the regression on all N rows, the mini-batch's own included.
          x, z: the mini-batch, [..., n, D] and [..., n, L].
        """
        v = self.features(x)
        expansion = low_rank_expansion.expand(regression, v, z)
        return -tf.reduce_sum(low_rank_expansion.linearized(expansion, v, z, self.alpha), axis=-1)

    def _check_views(self, x: tf.Tensor, mask: tf.Tensor | None = None) -> None:
        """Refuses, executed eagerly, inputs [..., n, D] at views that the features lack, where the mask [..., n] is."""
        if tf.executing_eagerly():
            rows = np.asarray(x)
            seen = np.broadcast_to(True if mask is None else np.asarray(mask, bool), rows.shape[:-1])
            self.features.view_numbers(rows[seen], "inputs")
