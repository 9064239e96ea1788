"""Deep SVIGP (Hensman et al., 2013, with a decoder for likelihood): the unamortised baseline of SVGP-VAE's Table 1."""

from collections.abc import Callable

import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf._keras import keras
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.latent_gps.free_sparse import FreePosterior, FreeSparseGP
from gpvae_tf.latent_gps.sparse import SparsePredictor
from gpvae_tf.likelihoods import Gaussian, Likelihood
from gpvae_tf.models.base import Batch
from gpvae_tf.models.latent_gp_vae import LatentGPVAE
from gpvae_tf.shapes import check_shape
from gpvae_tf.types import Gaussian as GaussianPair


class DeepSVIGP(LatentGPVAE):
    """sum_i E_{q(f_i)}[log p(y_i | decoder(f_i))] - (b/N) sum_l KL(q(f_m,l) || p(f_m,l)), with a free q(f_m,l).

    No image is encoded: what is known of the training set sits in q(f_m), so the bound is Eq. 8 of SVGP-VAE with free
    mu and A, and predictions need inputs only (`context` may be None). `encode` raises a TypeError.

    Args:
      decoder: see `LatentVariableModel`.
      kernel: any psd kernel of batch shape [] or [L].
      inducing_points: their locations, [m, D] or [L, m, D].
      num_data: N.
      latent_dim: L.
      likelihood: N(y; decoder output, variance) with a learned variance, at first 0.01, by default.
      jitter: of K_mm, relative.
      initial_scale: standard deviations of the whitened q(v) at first; 1 is the prior.
      variable_dtype: dtype of the variables of q(v).
      options: see `LatentGPVAE`.
    """

    latent_gp: FreeSparseGP
    amortized = False

    def __init__(
        self,
        decoder: keras.Model | tf.Module,
        kernel: kernels.Kernel,
        inducing_points: InducingPoints,
        *,
        num_data: int,
        latent_dim: int,
        likelihood: Likelihood | None = None,
        jitter: float = 1e-9,
        initial_scale: float = 1.0,
        variable_dtype: str = "float32",
        name: str = "deep_svigp",
        **options,
    ):
        likelihood = likelihood or Gaussian(0.01, trainable=True)
        latent_gp = self.free_gp(likelihood)(
            kernel,
            inducing_points,
            latent_dim,
            num_data=num_data,
            jitter=jitter,
            initial_scale=initial_scale,
            variable_dtype=variable_dtype,
        )
        options |= dict(latent_dim=latent_dim, likelihood=likelihood)
        super().__init__(_NoEncoder(), decoder, latent_gp, name=name, **options)

    @staticmethod
    def free_gp(likelihood: Likelihood) -> Callable[..., FreeSparseGP]:
        """What builds the latent GP; the variant as coded overrides it."""
        return FreeSparseGP

    def posterior(self, batch: Batch) -> FreePosterior:
        """q(f_i) at the inputs of a batch, which needs no images for it."""
        inputs, mask = tf.convert_to_tensor(batch["inputs"]), batch.get("mask")
        check_shape("inputs", inputs, ("...", "n", "D"))
        if "images" in batch:
            check_shape("images", batch["images"], (*inputs.shape[:-1], *self.image_shape))
        if mask is not None:
            mask = tf.cast(mask, tf.bool)
            check_shape("mask", mask, inputs.shape[:-1])
        return self.latent_gp.at(self.features(inputs), mask)

    def given(self, context: Batch) -> SparsePredictor:
        """The predictor that knows the training set, whatever the context."""
        return self.latent_gp.learned()

    def predict(self, context: Batch | None, inputs: tf.Tensor) -> GaussianPair:
        """Latent marginals [B, s, L] at inputs [B, s, D]; the context has no say and may be None."""
        return super().predict({}, inputs)

    def generate(self, context: Batch | None, inputs: tf.Tensor, seed: tf.Tensor | None = None) -> tf.Tensor:
        """Images [B, s, H, W, C] at inputs [B, s, D]: decoded mean, or one joint draw if a seed is given."""
        return super().generate({}, inputs, seed)


class _NoEncoder(tf.Module):
    """Stands where an amortised model has its encoder."""

    def __call__(self, images: tf.Tensor) -> tf.Tensor:
        raise TypeError("a deep SVIGP has no encoder: its q(f_m) is learned directly, images cannot be encoded")
