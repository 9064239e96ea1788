"""The GP encoder of Kim & Pavlovic (2021): mean and deviation of q(z | y) are random functions, integrated out."""

import math

import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf._keras import call, check_network
from gpvae_tf.checks import at_least_one, check_choice, check_positive, check_shape
from gpvae_tf.gp import gp_encoder
from gpvae_tf.posteriors.base import Joint, Network, Posterior, encode
from gpvae_tf.posteriors.mean_field import DiagonalDistribution
from gpvae_tf.posteriors.random_weights import Deterministic, DiagonalCovariance, FullCovariance, MeanOnly
from gpvae_tf.saving.configurable import forget
from gpvae_tf.types import Gaussian

WEIGHTS = {
    "full": FullCovariance,  # the paper's
    "diagonal": DiagonalCovariance,
    "mean": MeanOnly,
    "deterministic": Deterministic,
}
SCALED_VARIANCE = 0.01  # V f and V h on example images, in units of the prior's variance of z


class GPEncoderDistribution(DiagonalDistribution):
    """q(z | y) = N(m, Diag(v)) of Eq. 13.

    Args:
      b, c: mean and standard deviation of the base encoder, [B, L].
      f, h: moments of the random functions f(y) and h(y), [B, L].
      log_square_samples: see `GPEncoder`.
    """

    def __init__(self, b: tf.Tensor, c: tf.Tensor, f: Gaussian, h: Gaussian, log_square_samples: int | None):
        super().__init__(*gp_encoder.marginal(b, c, f, h))
        self.f, self.h = f, h
        self.deviation = Gaussian(c + h.mean, h.variance)  # of c + h
        self._log_square_samples = log_square_samples

    def kl_in_bound(self, seed: tf.Tensor) -> tf.Tensor:
        """E_{q(W,U)} KL(q(z | y, W, U) || N(0, I)) (Eq. 16), at least the KL of q itself; [B], nats."""
        if self._log_square_samples is None:
            log_square = gp_encoder.expected_log_square(self.deviation)
        else:
            log_square = gp_encoder.sampled_log_square(self.deviation, self._log_square_samples, seed)
        return gp_encoder.expected_kl(self.gaussian, log_square)

    def uncertainty(self) -> tf.Tensor:
        """Tr V(f(y)) + Tr V(h(y)), [B]: how uncertain the approximation of this image's posterior is (Figure 1)."""
        return tf.reduce_sum(self.f.variance + self.h.variance, axis=-1)


class GPEncoder(Posterior):
    """q(z | y, W, U) = N(b(y) + W psi_m(y), Diag(c(y) + U psi_s(y))^2), W and U integrated out (Eqs. 9 to 13).

    With `ImageVAE`, its closed KL and the prior N(0, I) the bound is Eq. 15; with draws for the KL or another prior it
    is the ELBO of the marginal q(z | y), at least as high. W and U have the posterior of Eq. 11, `regularizer` is its
    KL to N(0, I). The algebra has the dtype of the networks: sums of squares need no more than float32.

    Args:
      encoder: images -> [B, 2L]: b and 2 log c.
      mean_features, scale_features: psi_m and psi_s, images -> [B, p].
      latent_dim: L.
      feature_dim: p.
      kernel: what the functions' kernel is on the outputs of psi_m and of psi_s; None, the paper's, for their inner
        product. The closed forms rest on f being linear in finitely many Gaussian weights, so it has to be an inner
        product of finitely many features itself (`kernels.check_finite_features`), P say: W has as many columns, and
        "full" covariances L P^2 numbers.
      weights: "full" covariances of the rows of W and U as in the paper; ablations: "diagonal", "mean" (no covariance)
        and "deterministic" (three deterministic trunks, no GP and no KL of weights).
      initial_deviation: standard deviation of every weight at the start. A wide start drives psi to zero before mu and
        eta have learned to use it, and what is left is the plain VAE (docs/results/gp_encoder.md).
      example_images: images [B, H, W, C]; if given, the deviation is instead what makes V f and V h on them, on
        average, `SCALED_VARIANCE`. Features at initialisation are often 100 times smaller or larger than one.
      log_square_samples: draws of the Monte Carlo estimate of E log (c + h)^2; None, the default, for its closed form.

    Raises:
      ValueError: for an unknown kind of weights, a dimension or count below 1, an initial deviation that is not
        positive, example images under which all features are 0, or a kernel of infinitely many features.
    """

    def __init__(
        self,
        encoder: Network,
        mean_features: Network,
        scale_features: Network,
        latent_dim: int,
        feature_dim: int,
        *,
        kernel: kernels.Kernel | None = None,
        weights: str = "full",
        initial_deviation: float = 0.01,
        example_images: tf.Tensor | None = None,
        log_square_samples: int | None = None,
    ):
        super().__init__(latent_dim, name="gp_encoder")
        check_choice("weights", weights, WEIGHTS)
        check_positive(initial_deviation=initial_deviation)
        self.encoder = check_network(encoder, "encoder")
        self.features = [check_network(mean_features, "mean_features"), check_network(scale_features, "scale_features")]
        self.feature_dim = at_least_one("feature_dim", feature_dim)
        self.kernel, num_weights = kernel, feature_dim
        if kernel is not None:
            kernels.check_finite_features(kernel)
            self.kernel_parts = kernels.parts(kernel)
            num_weights = kernels.num_features(kernel, feature_dim)
        if log_square_samples is not None:
            at_least_one("log_square_samples", log_square_samples)
        self.log_square_samples = log_square_samples
        if example_images is None:
            scales = [initial_deviation for _ in self.features]
        else:
            scales = [math.sqrt(SCALED_VARIANCE / self._squared_norm(psi, example_images)) for psi in self.features]
        forget(self, "example_images")  # a saved model does without: they only set the first values of variables
        self.weights = [WEIGHTS[weights](latent_dim, num_weights, scale) for scale in scales]

    def _squared_norm(self, psi: Network, images: tf.Tensor) -> float:
        """Mean of |psi(y)|^2, or of k(psi(y), psi(y))."""
        squared = float(tf.reduce_mean(tf.reduce_sum(tf.math.square(self._run(psi, images)), axis=-1)))
        if not 0.0 < squared < math.inf:
            raise ValueError(f"example_images must give features a size to scale to, got a mean square of {squared}")
        return squared

    def _run(self, psi: Network, images: tf.Tensor) -> tf.Tensor:
        features = call(psi, images)
        check_shape("the features", features, ("B", self.feature_dim))
        return features if self.kernel is None else kernels.finite_features(self.kernel, features)

    def condition(
        self, images: tf.Tensor, joint: Joint | None = None, seed: tf.Tensor | None = None
    ) -> GPEncoderDistribution:
        b, twice_log_c = encode(self.encoder, images, 2 * [self.latent_dim])
        f, h = (w.project(self._run(psi, images)) for w, psi in zip(self.weights, self.features))
        return GPEncoderDistribution(b, tf.exp(0.5 * twice_log_c), f, h, self.log_square_samples)

    def regularizer(self) -> tf.Tensor | None:
        """KL(q(W, U) || N(0, I)), a scalar, nats; None for deterministic weights."""
        kls = [weights.kl() for weights in self.weights]
        return None if any(kl is None for kl in kls) else tf.add_n(kls)
