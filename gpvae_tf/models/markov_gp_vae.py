"""GP-VAE with a Markovian latent GP (Zhu et al., 2023): posterior and bound of Pearce (2020) in linear time."""

from typing import Any

from gpvae_tf import kernels
from gpvae_tf._keras import Network
from gpvae_tf.defaults import Facts, KernelChoice, kernel_for
from gpvae_tf.latent_gps.markov import MarkovGP, check_columns
from gpvae_tf.models.latent_gp_vae import LatentGPVAE


class MarkovGPVAE(LatentGPVAE):
    """`GPVAE` for long sequences: the same numbers, O(n) time and memory, for kernels of time that `MarkovGP` takes.

    Args:
      encoder, decoder: see `LatentVariableModel`.
      kernel: see `MarkovGP`, of batch shape [] or [L].
      options: see `LatentGPVAE`.
    """

    latent_gp: MarkovGP

    def __init__(
        self, encoder: Network, decoder: Network, kernel: kernels.Kernel, *, name: str = "markov_gp_vae", **options
    ):
        super().__init__(encoder, decoder, MarkovGP(kernel), name=name, **options)

    @classmethod
    def prior_for(cls, facts: Facts, latent_dim: int, choice: KernelChoice) -> dict[str, Any]:
        check_columns(facts.input_dim)
        return {"kernel": kernel_for(facts, latent_dim, choice)}
