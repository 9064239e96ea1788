"""SVGP-VAE (Jazbec et al., AISTATS 2021): the sparse, amortised, mini-batchable GP-VAE."""

from typing import Any

import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf._keras import Network
from gpvae_tf.defaults import Facts, KernelChoice, inducing_points_for, kernel_for
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.latent_gps import IndependentMeanField, LatentPosterior, SparseGP
from gpvae_tf.models.latent_gp_vae import LatentGPVAE
from gpvae_tf.models.prediction.summed_conditioning import SummedConditioning
from gpvae_tf.models.staged import StagedTraining
from gpvae_tf.types import Batch


class SVGPVAE(SummedConditioning, StagedTraining, LatentGPVAE):
    """SVGP-VAE, Eq. 10: sum_i E_qS[log p(y_i | z_i)] - (b/N) sum_l KL(q(f_m) || p(f_m)), with q(f_m) from Eq. 9.

    It can be trained in stages (`StagedTraining`): in stage "VAE" the bound is that of a VAE with prior N(0, I), whose
    networks the stages "GP" (kernel, inducing points, object vectors) and "joint", the default, start from.

    Args:
      encoder, decoder: see `LatentVariableModel`.
      kernel: any psd kernel of batch shape [] or [L].
      inducing_points: inducing inputs, [m, D] or [L, m, D].
      num_data: N; None when a batch holds whole data sets (videos).
      jitter: added to K_mm, relative to its mean diagonal.
      sparse_gp: the variant: `SparseGP` (Hensman form, the paper's), `TitsiasGP` (Eq. 6), `AsCodedGP` (bug B1).
      options: see `LatentGPVAE`.
    """

    latent_gp: SparseGP
    later_attributes = LatentGPVAE.later_attributes | {"stage"}

    def __init__(
        self,
        encoder: Network,
        decoder: Network,
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

    @classmethod
    def prior_for(cls, facts: Facts, latent_dim: int, choice: KernelChoice) -> dict[str, Any]:
        points = inducing_points_for(facts)
        return {
            "kernel": kernel_for(facts, latent_dim, choice, points),
            "inducing_points": points,
            "num_data": facts.num_data,
        }

    def posterior(self, batch: Batch, in_bound: tf.Tensor | None = None) -> LatentPosterior:
        if self.ignores_gp:
            return IndependentMeanField(self.latent_gp.dtype).condition(self.latent_dataset(batch))
        return super().posterior(batch, in_bound)
