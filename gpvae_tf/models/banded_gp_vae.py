"""The GP-VAE of Fortuin et al. (2020): an encoder of whole sequences gives a posterior with a banded precision."""

from typing import Any

import tensorflow as tf

from gpvae_tf import kernels, networks
from gpvae_tf._keras import Network, call
from gpvae_tf.checks import check_shape
from gpvae_tf.defaults import Facts, KernelChoice, kernel_for
from gpvae_tf.entry_masks import over_events
from gpvae_tf.latent_gps import BandedGP, LatentDataset
from gpvae_tf.models.input_checks import as_tensor
from gpvae_tf.models.latent_gp_vae import LatentGPVAE
from gpvae_tf.models.masks import Observed
from gpvae_tf.types import Batch, Gaussian

MAX_ANGLE = 8.0  # of |a_i|, a correlation of 1 - 2e-7


class BandedGPVAE(LatentGPVAE):
    """sum_i E_q[log p(y_i | z_i)] - sum_l KL(q_l || GP), q_l = N(m_l, (B_l^T B_l)^-1), B_l upper bidiagonal.

    q is not regression on pseudo-observations: it is what the encoder says of a whole sequence, of missing points too.
    Latents at other times are the prior's given those of the sequence.

    The encoder says q by what cannot grow along a sequence: the variance v_i of every z_i and the correlation
    c_i = tanh(a_i) of z_i and z_(i+1). Every B with a positive diagonal is one such pair, with
    b_i = cosh(a_i) / sqrt(v_i) and u_i = -sinh(a_i) / sqrt(v_(i+1)). With b and u themselves a chain whose |u_i| exceed
    its b_i has variances that grow exponentially in n, and training in a hundred steps met some of 1e29.

    Args:
      encoder: sequences [B, n, *event] -> [B, n, 3 L]: means m_i, log variances log v_i, and a_i. Missing points and
        the padding of shorter sequences are 0; one that looks along a sequence should give such points no weight, as
        `networks.sequence_encoder` does, or what it says of a sequence depends on its padding.
      decoder: see `LatentVariableModel`.
      kernel: any psd kernel of batch shape [] or [L].
      white_noise: variance of the noise in the prior; the authors' code adds 0.001 to its Cauchy kernel (I3).
      coupled: whether the encoder gives correlations; without them it is [B, n, 2 L] and q's points are independent.
      options: see `LatentGPVAE`.
    """

    latent_gp: BandedGP
    batches_add = "data sets"

    def __init__(
        self,
        encoder: Network,
        decoder: Network,
        kernel: kernels.Kernel,
        *,
        white_noise: float = 1e-3,
        coupled: bool = True,
        name: str = "banded_gp_vae",
        **options,
    ):
        super().__init__(encoder, decoder, BandedGP(kernel, white_noise=white_noise), name=name, **options)
        self.coupled = coupled

    @classmethod
    def prior_for(cls, facts: Facts, latent_dim: int, choice: KernelChoice) -> dict[str, Any]:
        return {"kernel": kernel_for(facts, latent_dim, choice)}

    @classmethod
    def encoder_for(cls, seen: tuple[int, ...], latent_dim: int, **sizes: Any) -> Network:
        return networks.sequence_encoder(seen, 3 * latent_dim, **sizes)

    @property
    def encoder_shape(self) -> tuple[int | None, ...]:
        """The shape of what the encoder sees of one sequence, of any length."""
        return (None, *super().encoder_shape)

    def encode(
        self, observations: tf.Tensor, inputs: tf.Tensor | None = None, seed: tf.Tensor | None = None
    ) -> Gaussian:
        """Means and variances of z_i given z_{i+1} of whole sequences [B, n, *event], each [B, n, L]."""
        check_shape("observations", observations, ("B", "n", *self.event_shape))
        mean, variance, *_ = self.chain(self.observed_at(observations, inputs), inputs)
        return Gaussian(mean, variance)

    def chain(
        self, data: Observed, inputs: tf.Tensor | None = None, in_sequence: tf.Tensor | None = None
    ) -> list[tf.Tensor]:
        """m_i, 1 / b_i^2 and, if there are couplings, u_i of sequences, each [B, n, L]; the last u is 0.

        Args:
          data: what was observed.
          inputs: [B, n, D], for an encoder that sees some of them.
          in_sequence: boolean [B, n], False for padding, of which the encoder sees zeros; the last real point is not
            correlated with it.
        """
        seen = self.encoder_input(data.seen(self.mask_channel), inputs)
        if in_sequence is not None:
            seen = tf.where(over_events(in_sequence, seen.shape.rank), seen, tf.zeros_like(seen))
        output = call(self.encoder, seen)
        parts = 3 if self.coupled else 2
        check_shape("the encoder's output", output, (*data.values.shape[:2], parts * self.latent_dim))
        mean, log_variance, *correlation = tf.split(tf.cast(output, self.latent_gp.dtype), parts, axis=-1)
        if in_sequence is not None:
            next_too = tf.concat([in_sequence[:, 1:], in_sequence[:, :1]], axis=1)
            inside = (in_sequence & next_too)[..., tf.newaxis]
            correlation = [tf.where(inside, raw, tf.zeros_like(raw)) for raw in correlation]
        variance, *coupling = self.factor_of(log_variance, *correlation)
        coupling = [tf.concat([u[:, :-1], tf.zeros_like(u[:, :1])], axis=1) for u in coupling]
        return [mean, variance, *coupling]

    def factor_of(self, log_variance: tf.Tensor, *correlation: tf.Tensor) -> list[tf.Tensor]:
        """1 / b_i^2 and u_i, [B, n, L] each, from what the encoder gives behind the means; the last u means nothing."""
        variance = self.clip_noise(tf.exp(log_variance))
        if not correlation:
            return [variance]
        (angle,) = correlation
        angle = MAX_ANGLE * tf.tanh(angle / MAX_ANGLE)
        angle = tf.concat([angle[:, :-1], tf.zeros_like(angle[:, :1])], axis=1)
        of_next = tf.concat([variance[:, 1:], tf.ones_like(variance[:, :1])], axis=1)
        return [variance / tf.square(tf.cosh(angle)), -tf.sinh(angle) * tf.math.rsqrt(of_next)]

    def latent_dataset(self, batch: Batch) -> LatentDataset:
        """Inputs and the parts of q, channel first. The mask leaves out the padding of shorter sequences."""
        features, data = self.features_and_observed(batch)
        check_shape("observations", data.values, ("B", "n", *self.event_shape))
        in_sequence = sequence_points(batch["inputs"], data.points)
        mean, variance, *coupling = map(
            tf.linalg.matrix_transpose, self.chain(data, as_tensor(batch["inputs"]), in_sequence)
        )
        return LatentDataset(features, mean, variance, in_sequence, *coupling)


def sequence_points(inputs: tf.Tensor, observed: tf.Tensor | None) -> tf.Tensor | None:
    """Points [B, n] that are part of a sequence, None for all; shorter ones are padded (`data.from_arrays`).

    A missing frame is part of its sequence. Padding is not: it lies behind the last observed point and repeats the
    input of the point before it.

    Args:
      inputs: [B, n, D].
      observed: boolean [B, n]; None for all.
    """
    if observed is None:
        return None
    behind = tf.cumsum(tf.cast(observed, tf.int32), axis=1, reverse=True) == 0
    inputs = tf.convert_to_tensor(inputs)
    again = tf.reduce_all(inputs[:, 1:] == inputs[:, :-1], axis=-1)
    return ~(behind & tf.concat([tf.zeros_like(behind[:, :1]), again], axis=1))
