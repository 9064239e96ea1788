"""Gaps of a batch filled in, and how well what is known of a batch foretells the rest, in any model with draws of z."""

import abc

import numpy as np
import tensorflow as tf

from gpvae_tf.checks import check_errors, check_shape
from gpvae_tf.models.base import LatentVariableModel
from gpvae_tf.models.masks import entries_of
from gpvae_tf.models.observation_checks import check_is_batch, errors_of
from gpvae_tf.models.prediction.data_distribution import DataDistribution
from gpvae_tf.models.prediction.quantile_levels import interval_levels
from gpvae_tf.models.prediction.seeds import Seed, stateless_seed
from gpvae_tf.types import Batch, EntryScores, Imputation, Predictive


class Imputing(LatentVariableModel):
    """A model that fills in what a batch lacks: `impute`, `score_entries`.

    A subclass gives draws of the latents given what was observed, and the distribution of data given draws.
    """

    @property
    @abc.abstractmethod
    def data_distribution(self) -> DataDistribution:
        """p(y) of data given draws of their latents."""

    @property
    def support(self) -> tuple[np.ndarray, np.ndarray]:
        """The least and the greatest value that data can have, in their units; [C] or one for all channels."""
        return self.data_distribution.support

    @property
    def is_discrete(self) -> bool | np.ndarray:
        """Whether data are separate values such as counts and yes or no; see `Likelihood.is_discrete`."""
        return self.likelihood.is_discrete

    @property
    def first_channels(self) -> np.ndarray:
        """The first channel of the value that every channel is part of, [C]; see `Likelihood.first_channels`."""
        return self.likelihood.first_channels(self.event_shape[-1])

    @abc.abstractmethod
    def draws_given(
        self, batch: Batch, num_samples: int | tf.Tensor, seed: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        """S draws [S, ..., L] of the latents at all points of a batch given what was observed of it.

        Also the inputs of a decoder that sees them, else None.
        """

    def impute(
        self,
        batch: Batch,
        interval: float | tf.Tensor = 0.95,
        num_samples: int | tf.Tensor = 100,
        seed: Seed = 0,
        *,
        measured: bool = False,
        chunk: int | None = None,
    ) -> Imputation:
        """A batch with its gaps filled in, and the distribution of its data at all its points.

        Missing points get their latents from the observed ones, missing entries of an observed point from its own.

        Args:
          batch: "observations" [B, n, *event] and "mask", [B, n] or [B, n, *event], with the "inputs" [B, n, D] of a
            model that has some; images [B, H, W, C] and a mask of their shape where a model is of single images.
            Without a mask nothing is missing.
          interval: share of the data that lies between `lower` and `upper`, in (0, 1).
          num_samples: draws of the latents, at least (1 + interval) / (1 - interval): 39 for 95 %.
          measured: whether the distribution is that of what is measured with the batch's "errors" [B, n, *event], also
            those of missing entries, rather than of the data themselves.
          seed, chunk: see `Predictor.predict_y`.

        Raises:
          ValueError: if an argument does not fit, or there are too few draws for the interval.
        """
        check_is_batch(batch)
        levels = interval_levels(interval, num_samples)
        errors = self._errors_wherever(None, batch) if measured else None
        z_seed, y_seed = tf.unstack(tf.random.split(stateless_seed(seed)))
        z, inputs = self.draws_given(batch, num_samples, z_seed)
        predicted = self.data_distribution.summary(
            z,
            inputs,
            seed=y_seed,
            levels=levels,
            errors=errors,
            chunk=chunk,
            keep_samples=False,
        )
        return with_gaps_filled(batch["observations"], batch.get("mask"), predicted)

    def score_entries(
        self,
        batch: Batch,
        truth: tf.Tensor,
        num_samples: int = 100,
        seed: Seed = 0,
        *,
        chunk: int | None = None,
    ) -> EntryScores:
        """Scores of the distribution that `impute` describes, of every entry, by the likelihood and by draws.

        Hide some of what was observed by the mask, and score it: counts and yes-or-no values are scored as what they
        are, which a mean and a standard deviation do not tell.

        Args:
          batch, num_samples, seed, chunk: see `impute`. The batch's "errors", if it has some, are the truth's too.
          truth: what the observations are, hidden ones too; NaN, and then its scores are, where it is not known.

        Raises:
          ValueError: if an argument does not fit, the truth cannot be under the likelihood, or there are fewer than 2
            draws, which the CRPS compares.
        """
        if not tf.is_tensor(num_samples) and num_samples < 2:
            raise ValueError(f"num_samples must be at least 2, as the CRPS compares draws, got {num_samples}")
        check_is_batch(batch)
        truth = tf.convert_to_tensor(truth)
        check_shape("truth", truth, list(tf.convert_to_tensor(batch["observations"]).shape))
        known = tf.math.is_finite(tf.cast(truth, tf.float64))
        self.check_values({"observations": truth, "mask": known})
        errors = self._errors_wherever(known, batch)
        z_seed, y_seed = tf.unstack(tf.random.split(stateless_seed(seed)))
        z, inputs = self.draws_given(batch, num_samples, z_seed)
        return self.data_distribution.scores(z, inputs, truth, y_seed, errors=errors, chunk=chunk)

    def _errors_wherever(self, known: tf.Tensor | None, batch: Batch) -> tf.Tensor | None:
        """The errors of a batch, or None; they have to be there where `known`, everywhere if None, hidden or not.

        Raises:
          ValueError: see `observation_checks.check_errors_of`.
        """
        errors = errors_of(batch, self.event_ndims, self.likelihood.takes_errors)
        if errors is not None and tf.executing_eagerly():
            used = np.broadcast_to(self.likelihood.takes_errors, errors.shape)  # others may be anything where hidden
            try:
                check_errors(np.asarray(errors), used if known is None else used & np.asarray(known))
            except ValueError as error:
                raise ValueError(f"{error}. The errors of hidden entries are asked for here too") from error
        return errors


def with_gaps_filled(observations: tf.Tensor, mask: tf.Tensor | None, predicted: Predictive) -> Imputation:
    """The result of an imputation.

    Args:
      observations: [..., *event]; anything where the mask is false.
      mask: boolean, for points or for entries, True = observed; None if nothing is missing.
      predicted: the distribution at all points, with the interval's two quantiles.
    """
    observations = tf.convert_to_tensor(observations)
    dtype = observations.dtype if observations.dtype.is_floating else predicted.mean.dtype
    observations, mean = tf.cast(observations, dtype), tf.cast(predicted.mean, dtype)
    filled = observations if mask is None else tf.where(entries_of(mask, observations), observations, mean)
    lower, upper = tf.unstack(predicted.quantiles, num=2)
    return Imputation(filled, predicted.mean, predicted.stddev, lower, upper)
