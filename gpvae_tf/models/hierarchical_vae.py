"""The two-level VAE (Tomczak & Welling, 2018): HVAE with N(0, I) over the upper latents, HVP with a VampPrior."""

from gpvae_tf._keras import Network
from gpvae_tf.models.image_vae import ImageVAE
from gpvae_tf.posteriors import MeanField
from gpvae_tf.posteriors.two_level import TwoLevelPosterior
from gpvae_tf.priors import Prior, StandardNormal, TwoLevelPrior


class HierarchicalVAE(ImageVAE):
    """log p(y | z_1, z_2) + log p(z_1 | z_2) + log p(z_2) - log q(z_2 | y) - log q(z_1 | y, z_2), at draws from q.

    A latent is the vector [z_1, z_2].

    Args:
      top: q(z_2 | y).
      encoder: [images [N, H, W, C], z_2 [N, L_2]] -> means and log variances of z_1, [N, 2 L_1].
      conditional: z_2 [N, L_2] -> those of p(z_1 | z_2), [N, 2 L_1].
      decoder: z = [z_1, z_2], of shape [N, L_1 + L_2] -> what the likelihood takes, [N, H, W, C].
      event_shape: (H, W, C).
      latent_dim: L_1.
      top_prior: p(z_2); N(0, I) if None. A `VampPrior` takes the same `top`.
      options: see `ImageVAE`.
    """

    def __init__(
        self,
        top: MeanField,
        encoder: Network,
        conditional: Network,
        decoder: Network,
        *,
        event_shape: tuple[int, int, int],
        latent_dim: int,
        top_prior: Prior | None = None,
        name: str = "hierarchical_vae",
        **options,
    ):
        posterior = TwoLevelPosterior(top, encoder, latent_dim)
        prior = TwoLevelPrior(top_prior or StandardNormal(top.latent_dim), conditional, latent_dim)
        super().__init__(posterior, decoder, event_shape=event_shape, prior=prior, name=name, **options)
