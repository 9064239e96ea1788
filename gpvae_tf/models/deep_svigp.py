"""Deep SVIGP (Hensman et al., 2013, with a decoder for likelihood): the unamortised baseline of SVGP-VAE's Table 1."""

from collections.abc import Callable, Iterable
from typing import Any

import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf._keras import Network
from gpvae_tf.defaults import Facts, KernelChoice, inducing_points_for, kernel_for
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.latent_gps.free_sparse import FreePosterior, FreeSparseGP
from gpvae_tf.likelihoods import GaussianLikelihood, Likelihood
from gpvae_tf.models.latent_gp_vae import LatentGPVAE
from gpvae_tf.models.masks import points_of
from gpvae_tf.models.prediction.predictor import Predictor
from gpvae_tf.types import Batch, Gaussian


class DeepSVIGP(LatentGPVAE):
    """sum_i E_{q(f_i)}[log p(y_i | decoder(f_i))] - (b/N) sum_l KL(q(f_m,l) || p(f_m,l)), with a free q(f_m,l).

    No image is encoded: q(f_m) holds what is learned of the training set, so the bound is Eq. 8 of SVGP-VAE with free
    mu and A, and predictions need no data: `condition_on()`. `encode` raises a TypeError.

    Args:
      decoder: see `LatentVariableModel`.
      kernel: any psd kernel of batch shape [] or [L].
      inducing_points: inducing inputs, [m, D] or [L, m, D].
      num_data: N.
      latent_dim: L.
      likelihood: N(y; decoder output, variance) with a learned variance, at first 0.01, by default.
      jitter: added to K_mm, relative to its mean diagonal.
      initial_scale: standard deviations of the whitened q(v) at first; 1 is the prior.
      variable_dtype: dtype of the variables of q(v).
      options: see `LatentGPVAE`.
    """

    latent_gp: FreeSparseGP
    amortized = can_hide = takes_roles = False

    def __init__(
        self,
        decoder: Network,
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
        likelihood = likelihood or GaussianLikelihood(0.01, trainable=True)
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
        super().__init__(None, decoder, latent_gp, name=name, **options)

    @classmethod
    def networks_for(cls, *args: Any) -> dict[str, Any]:
        return {"decoder": super().networks_for(*args)["decoder"]}

    @classmethod
    def prior_for(cls, facts: Facts, latent_dim: int, choice: KernelChoice) -> dict[str, Any]:
        """Kernel, inducing points and N, for one data set.

        Raises:
          ValueError: for several sequences: q(f_m) is of one function, which all of them would share.
        """
        if facts.num_sequences > 1:
            raise ValueError(
                f"data has {facts.num_sequences} sequences; a deep SVIGP learns the latents of one data set and "
                "encodes no other: use SVGPVAE"
            )
        points = inducing_points_for(facts)
        return {
            "kernel": kernel_for(facts, latent_dim, choice, points),
            "inducing_points": points,
            "num_data": facts.num_observed,
        }

    @staticmethod
    def free_gp(likelihood: Likelihood) -> Callable[..., FreeSparseGP]:
        """The constructor of the latent GP; the variant as coded overrides it."""
        return FreeSparseGP

    def posterior(self, batch: Batch, in_bound: tf.Tensor | None = None) -> FreePosterior:
        """q(f_i) at the inputs of a batch, which needs no images for it unless the embedding reads them.

        `in_bound` is None: no points are hidden, as none are encoded.
        """
        if "observations" in batch:
            features, data = self.features_and_observed(batch)
            return self.latent_gp.at(features, data.points)
        features, mask = self.features(batch["inputs"]), batch.get("mask")
        return self.latent_gp.at(features, None if mask is None else points_of(mask, features.shape.rank - 1))

    def condition_on(self, batches: Batch | Iterable[Batch] | None = None) -> Predictor:
        """The model given its training set, which q(f_m) stands for; batches are ignored."""
        return Predictor(self, self.latent_gp.predictor())

    def latents_given(self, batch: Batch) -> Gaussian:
        """Marginals at all points of a batch, [B, n, L], which q(f_m) gives: what the batch observes adds nothing."""
        return self.latents(batch)

    def encode(
        self, observations: tf.Tensor, inputs: tf.Tensor | None = None, seed: tf.Tensor | None = None
    ) -> Gaussian:
        """There is no encoder.

        Raises:
          TypeError: always.
        """
        raise TypeError("a deep SVIGP has no encoder: its q(f_m) is learned directly, images cannot be encoded")
