"""The standard VAE, as a latent-GP model without correlations: K = I."""

from gpvae_tf._keras import Network
from gpvae_tf.latent_gps import Independent
from gpvae_tf.models.latent_gp_vae import LatentGPVAE


class VAE(LatentGPVAE):
    """A VAE with prior N(0, I): sum_i E_q[log p(y_i | z_i)] - KL(q(z_i) || N(0, I)) (SVGP-VAE Section 3.1, K_NN = I).

    As in every latent-GP model, q(z_i) is the encoder's Gaussian times the prior (Eq. 1), so the encoder's variances
    are those of pseudo-observations; all Gaussians narrower than the prior can be reached.

    Args:
      encoder, decoder: see `LatentVariableModel`.
      gp_dtype: dtype of the latent Gaussians' algebra.
      options: see `LatentGPVAE`.
    """

    def __init__(self, encoder: Network, decoder: Network, *, gp_dtype: str = "float64", name: str = "vae", **options):
        super().__init__(encoder, decoder, Independent(gp_dtype), name=name, **options)
