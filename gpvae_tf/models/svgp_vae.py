"""SVGP-VAE (Jazbec et al., AISTATS 2021): the sparse, amortised, mini-batchable GP-VAE."""

import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf._keras import keras
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.latent_gps import SparseGP
from gpvae_tf.models.latent_gp_vae import LatentGPVAE


class SVGPVAE(LatentGPVAE):
    """SVGP-VAE, Eq. 10: sum_i E_qS[log p(y_i | z_i)] - (b/N) sum_l KL(q(f_m) || p(f_m)), with q(f_m) from Eq. 9.

    Args:
      encoder, decoder: see `LatentVariableModel`.
      kernel: any psd kernel of batch shape [] or [L].
      inducing_points: their locations, [m, D] or [L, m, D].
      num_data: N; None when a batch holds whole data sets (videos).
      jitter: of K_mm, relative.
      sparse_gp: the variant: `SparseGP` (Hensman form, the paper's), `TitsiasGP` (Eq. 6), `AsCodedGP` (bug B1).
      options: see `LatentGPVAE`.
    """

    def __init__(
        self,
        encoder: keras.Model | tf.Module,
        decoder: keras.Model | tf.Module,
        kernel: kernels.Kernel,
        inducing_points: InducingPoints,
        *,
        num_data: int | None = None,
        jitter: float = 1e-9,
        sparse_gp: type[SparseGP] = SparseGP,
        name: str = "svgp_vae",
        **options,
    ):
        latent_gp = sparse_gp(kernel, inducing_points, num_data=num_data, jitter=jitter)
        super().__init__(encoder, decoder, latent_gp, name=name, **options)
