"""GPPVAE (Casale et al., 2018): a low-rank GP prior over all latents, trained by mini-batches of a Taylor expansion."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf._keras import Network
from gpvae_tf.checks import check_choice
from gpvae_tf.defaults import Facts, KernelChoice
from gpvae_tf.gp.low_rank import LowRankRegression
from gpvae_tf.latent_gps.low_rank import LowRankGP, LowRankPosterior, LowRankPredictor
from gpvae_tf.models.compiled import compiled_method
from gpvae_tf.models.latent_bank import LatentBank
from gpvae_tf.models.latent_gp_vae import LatentGPVAE
from gpvae_tf.models.masks import sum_bound
from gpvae_tf.models.prediction.input_spec import InputSpec
from gpvae_tf.models.prediction.predictor import Predictor
from gpvae_tf.models.prediction.summed_conditioning import SummedConditioning
from gpvae_tf.models.staged import StagedTraining
from gpvae_tf.models.training_rows import TrainingRows, rows_of
from gpvae_tf.replicas import draws, shares
from gpvae_tf.types import Batch, Bound


class GPPVAE(SummedConditioning, StagedTraining, LatentGPVAE):
    """sum_i E_q[log p(y_i | z_i)] + E_q[log p(Z)] + H[q], p(z_l) = N(0, V V^T + alpha I), q the encoder's Gaussian.

    The prior correlates the latents of all N training images, so a bank keeps a draw of each. A step encodes its
    mini-batch, puts the new draws into the bank's, expands log p(Z) to first order around them at the current
    parameters, which takes O(N M^2 + H^3) and no gradient, and differentiates the mini-batch's rows of the expansion.
    The terms of the bound are those of the mini-batch's b images; the bound's value is exact given the bank, and its
    gradients over an epoch with frozen parameters sum to that of the exact bound. `refresh` encodes all images again:
    call it before every epoch (`training.callbacks.RefreshLatents` does).

    Batches are {"observations" [1, b, *event], "inputs" [1, b, D], "index" [1, b]}; `index` has rows of the training
    set, and is not needed in stage "VAE"; a "mask" [1, b, *event] says which entries were observed. Casale et al. train
    in stages, each with a `compile` of its own:

        stage    bound's prior           variables
        VAE      N(0, I)                 encoder, decoder, likelihood
        GP       N(0, V V^T + alpha I)   kernel, alpha, object vectors
        joint    N(0, V V^T + alpha I)   all

    ratschlab/SVGP-VAE minimises SE/K - (beta/L) (log p(Z) + H) in the last two; with a Gaussian likelihood of variance
    s^2 that is `BetaELBO(beta K / (2 s^2 L))`.

    Predictions and draws of the prior are of the function f ~ N(0, V V^T), as the authors generate images: they lack
    the variance alpha that the latent of a single image has beside it.

    Args:
      encoder, decoder: see `LatentVariableModel`.
      latent_gp: the prior; `as_coded.low_rank_gp.AsCodedLowRankGP` has the authors' sign and derivatives. The views of
        its features are scaled if there is a `scaling`.
      train_inputs: [N, D], the inputs of all training images in original units; `index` counts its rows.
      predict_from: what predictions from the bank rest on, the encoder's "mean" or the last "draw" (the authors').
      options: see `LatentGPVAE`.

    Raises:
      TypeError, ValueError: naming the argument that is wrong.
    """

    latent_gp: LowRankGP
    can_hide = False
    takes_roles = False
    later_attributes = LatentGPVAE.later_attributes | {"predict_from", "stage"}

    def __init__(
        self,
        encoder: Network,
        decoder: Network,
        latent_gp: LowRankGP,
        train_inputs: np.ndarray,
        *,
        predict_from: str = "mean",
        name: str = "gppvae",
        **options,
    ):
        if not isinstance(latent_gp, LowRankGP):
            raise TypeError(f"latent_gp must be a LowRankGP, got {type(latent_gp).__name__}")
        train_inputs = np.asarray(train_inputs)
        if train_inputs.ndim != 2 or train_inputs.size == 0:
            raise ValueError(f"train_inputs must be [N, D] with N >= 1, got shape {train_inputs.shape}")
        check_choice("predict_from", predict_from, ("mean", "draw"))
        super().__init__(encoder, decoder, latent_gp, name=name, **options)
        self.predict_from = predict_from
        grouping = latent_gp.features.group(self.features(train_inputs).numpy())
        self._rows, self._mask = tf.constant(grouping.rows), tf.constant(grouping.mask)  # [Q, n], by view
        self._grouped_inputs = tf.constant(train_inputs[grouping.rows])
        self._training_rows = TrainingRows(train_inputs)
        self.bank = LatentBank(len(train_inputs), self.latent_dim, self.network_dtype)

    @classmethod
    def prior_for(cls, facts: Facts, latent_dim: int, choice: KernelChoice) -> dict[str, Any]:
        """There is no default prior.

        Raises:
          TypeError: always.
        """
        raise TypeError(
            "GPPVAE has no from_data: its prior needs the distinct views and a vector per object: build a LowRankGP, "
            "or use FGPVAE or SVGPVAE, which need neither"
        )

    def elbo(self, batch: Batch, seed: tf.Tensor | None = None) -> Bound:
        """The mini-batch's part of the stage's bound, [1], nats; see the class.

        Raises:
          ValueError, tf.errors.InvalidArgumentError: see `rows_of`; also if `refresh` has never filled the bank.
        """
        return self._bound(batch, self.seed_or_step(seed), record=False)

    def training_bound(self, batch: Batch, seed: tf.Tensor) -> Bound:
        """`elbo`; the draws that it makes stay in the bank."""
        if self._num_replicas > 1:
            self.check_replicas(self._num_replicas)
        return self._bound(batch, seed, record=True)

    def _bound(self, batch: Batch, seed: tf.Tensor, *, record: bool) -> Bound:
        """`elbo`; with `record` the bank takes the draws that it makes, where the stage's bound uses the bank."""
        posterior = self.latent_gp.condition(self.latent_dataset(batch))
        z = self._draw_latents(posterior, seed)  # [1, n, L]
        per_frame = self.log_likelihood_at(z, batch)
        if self.ignores_gp:
            log_prior = posterior.expected_standard_normal()
        else:
            log_prior = self._expanded(posterior, z, batch, record)
        parts = {"log_prior": log_prior, "entropy": posterior.entropy()}
        return sum_bound(per_frame, posterior.data.mask, parts)

    def _expanded(self, posterior: LowRankPosterior, z: tf.Tensor, batch: Batch, record: bool) -> tf.Tensor:
        """The mini-batch's share of log p(Z), expanded around the bank's draws with its own in their places, [1, 1]."""
        rows = tf.reshape(rows_of(batch), [-1])
        tf.debugging.assert_non_negative(
            self.bank.filled_at, "the bank is empty: call refresh(batches) before training"
        )
        z_all = self.bank.draws_with(rows, z[0])
        if record:
            self.bank.write(rows, posterior.single_marginals(), z[0])
        share = self.latent_gp.expanded_log_density(self.regression(z_all), posterior.data.x[0], z[0])
        return tf.reshape(share, [1, 1])

    def _draw_latents(self, posterior: LowRankPosterior, seed: tf.Tensor) -> tf.Tensor:
        """One draw of q(Z), [1, n, L]."""
        shape = tf.shape(tf.linalg.matrix_transpose(posterior.data.y))
        noise = tf.cast(draws.normal(shape, seed, self.network_dtype), self.latent_gp.dtype)
        return tf.linalg.matrix_transpose(posterior.draw(tf.linalg.matrix_transpose(noise), self.sample_clip))

    @property
    def split_axis(self) -> int:
        """Replicas split the points, whose latents are independent in the one stage that has several replicas."""
        return shares.POINTS

    def check_batch(self, batch: Batch) -> None:
        super().check_batch(batch)
        if not self.ignores_gp:
            self._training_rows.of_batch(batch)

    def check_points(self, num_data: int | None) -> None:
        """Any will do: a batch says by its "index" which points it has."""

    def check_replicas(self, num_replicas: int) -> None:
        if not self.ignores_gp:
            raise ValueError(
                f"GPPVAE's stage {self.stage!r} trains on one replica, got {num_replicas}: every step needs and moves "
                "the bank of all latents"
            )

    def refresh(self, batches: Iterable[Batch]) -> None:
        """Encodes the training set into the bank, without gradients; the draws depend on the seed and the step only.

        Args:
          batches: hold every training image; they are left at the point where every one was seen.

        Raises:
          ValueError: if a batch holds other rows than its index says, or an image is missing.
        """
        seen, seed = np.zeros(self.bank.draw.shape[0], bool), self.step_seed(salt=2)
        for number, batch in enumerate(batches):
            index = self._training_rows.of_batch(batch)
            self._encode_into_bank(dict(batch), tf.random.fold_in(seed, number))
            seen[index] = True
            if seen.all():
                break
        if not seen.all():
            raise ValueError(f"batches lacks {np.sum(~seen)} of the {len(seen)} training images")
        self.bank.filled_at.assign(self.steps)

    @compiled_method
    def _encode_into_bank(self, batch: Batch, seed: tf.Tensor) -> None:
        posterior = self.latent_gp.condition(self.latent_dataset(batch))
        rows, draws = tf.reshape(batch["index"], [-1]), self._draw_latents(posterior, seed)[0]
        self.bank.write(rows, posterior.single_marginals(), draws)

    def condition_on(self, batches: Batch | Iterable[Batch] | None = None) -> Predictor:
        """The model given data, at new inputs (view, id) of objects that have vectors: GP regression on encoded means.

        Args:
          batches: see `LatentGPVAE.condition_on`; None for the training images, as `refresh` and the steps after
            it last encoded them.

        Raises:
          ValueError: if there is no batch, the bank is empty, or, not in compiled code, an image of one is at a view
            that the prior lacks.
        """
        if batches is not None:
            return super().condition_on(batches)
        if tf.executing_eagerly() and self.bank.filled_at < 0:
            raise ValueError("the bank is empty: call refresh(batches) first, or give the batches")
        latents = {"mean": self.bank.mean, "draw": self.bank.draw}[self.predict_from]
        regression = self.regression(tf.cast(latents, self.latent_gp.dtype))
        input_spec = InputSpec.of((1,), self._grouped_inputs.shape[-1], self.embedding)
        return Predictor(self, LowRankPredictor(self.latent_gp, regression), input_spec)

    def regression(self, z: tf.Tensor) -> LowRankRegression:
        """The prior conditioned on latents [N, L] of all training images."""
        x = self.features(self._grouped_inputs)
        return self.latent_gp.grouped_regression(x, tf.gather(z, self._rows), self._mask)
