"""SVGP-VAE (Jazbec et al., AISTATS 2021): the sparse, amortised, mini-batchable GP-VAE."""

from collections.abc import Iterable
from typing import Any

import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf._keras import Network
from gpvae_tf.defaults import Facts, inducing_points_for, kernel_for
from gpvae_tf.gp.sparse import SufficientStatistics
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.latent_gps import IndependentMeanField, LatentDataset, LatentPosterior, SparseGP
from gpvae_tf.latent_gps.sparse import SparsePredictor
from gpvae_tf.models.base import Batch
from gpvae_tf.models.latent_gp_vae import LatentGPVAE
from gpvae_tf.models.masks import encodable
from gpvae_tf.models.predictor import summed
from gpvae_tf.models.staged import StagedTraining


class SVGPVAE(StagedTraining, LatentGPVAE):
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
    def prior_for(cls, facts: Facts, latent_dim: int) -> dict[str, Any]:
        return {
            "kernel": kernel_for(facts, latent_dim),
            "inducing_points": inducing_points_for(facts),
            "num_data": facts.num_data,
        }

    def posterior(self, batch: Batch) -> LatentPosterior:
        if self.ignores_gp:
            return IndependentMeanField(self.latent_gp.dtype).condition(self.latent_dataset(batch))
        return super().posterior(batch)

    def latent_predictor(self, batches: Iterable[Batch]) -> SparsePredictor:
        """q_S for which the batches are all the data there are, not a sample of N (the factor N/b is 1).

        Sums of statistics, O(m^2) numbers per channel, are all that is kept of the batches.
        """
        return self.latent_gp.condition_on_statistics(self.statistics(batches))

    def condition_latents(self, data: LatentDataset) -> SparsePredictor:
        """q_S given a latent data set that is all there is."""
        return self.latent_gp.condition_on_statistics(self.latent_gp.statistics(data))

    def statistics(self, batches: Iterable[Batch]) -> SufficientStatistics:
        """Sums over all data points, which determine q(f_m): [1, L, m, m] and [1, L, m]."""
        return summed(self._statistics(encodable(batch)) for batch in batches)

    @tf.function(reduce_retracing=True)
    def _statistics(self, batch: Batch) -> SufficientStatistics:
        return self.latent_gp.statistics(self.latent_dataset(batch))
