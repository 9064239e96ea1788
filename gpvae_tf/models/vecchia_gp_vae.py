"""GP-VAE with a nearest-neighbour latent GP, for more points than exact inference takes; inputs of any dimension."""

from typing import Any

from gpvae_tf import kernels
from gpvae_tf._keras import Network
from gpvae_tf.defaults import Facts, KernelChoice, kernel_for
from gpvae_tf.latent_gps.vecchia import VecchiaGP
from gpvae_tf.models.latent_gp_vae import LatentGPVAE


class VecchiaGPVAE(LatentGPVAE):
    """`GPVAE` with every point conditioned on its H nearest neighbours, O(n H^3); H >= n is `GPVAE`.

    Args:
      encoder, decoder: see `LatentVariableModel`.
      kernel: any psd kernel of batch shape [] or [L].
      num_neighbours: H, see `VecchiaGP`.
      options: see `LatentGPVAE`.
    """

    latent_gp: VecchiaGP

    def __init__(
        self,
        encoder: Network,
        decoder: Network,
        kernel: kernels.Kernel,
        *,
        num_neighbours: int = 16,
        name: str = "vecchia_gp_vae",
        **options,
    ):
        super().__init__(encoder, decoder, VecchiaGP(kernel, num_neighbours), name=name, **options)

    @classmethod
    def prior_for(cls, facts: Facts, latent_dim: int, choice: KernelChoice) -> dict[str, Any]:
        return {"kernel": kernel_for(facts, latent_dim, choice)}
