"""The stages of training a GPPVAE (Casale et al., 2018): which prior the bound has, and which variables it trains."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import tensorflow as tf

from gpvae_tf.gp import gaussians
from gpvae_tf.latent_gps.low_rank import LowRankPosterior
from gpvae_tf.models.base import Batch
from gpvae_tf.models.staged import stages
from gpvae_tf.shapes import check_shape
from gpvae_tf.types import Gaussian

if TYPE_CHECKING:
    from gpvae_tf.models.gppvae import GPPVAE

LogPrior = Callable[["GPPVAE", LowRankPosterior, tf.Tensor, Batch], tf.Tensor]


def standard_normal(model: "GPPVAE", posterior: LowRankPosterior, z: tf.Tensor, batch: Batch) -> tf.Tensor:
    """E_q[log N(Z | 0, I)] in closed form, [B]."""
    zeros = tf.zeros_like(posterior.data.y)
    per_channel = gaussians.expected_log_density(
        posterior.marginals(), zeros, tf.ones_like(zeros), posterior.data.channel_mask
    )
    return tf.reduce_sum(per_channel, axis=-1)


def expanded(model: "GPPVAE", posterior: LowRankPosterior, z: tf.Tensor, batch: Batch) -> tf.Tensor:
    """The mini-batch's share of log p(Z), expanded around the bank's draws with its own in their places, [1]."""
    rows = tf.reshape(rows_of(batch), [-1])
    tf.debugging.assert_non_negative(model.bank.filled_at, "the bank is empty: call refresh(batches) before training")
    z_all = model.bank.draws_with(rows, marginals(posterior), z[0])
    return model.latent_gp.expanded_log_density(model.regression(z_all), posterior.data.x[0], z[0])[tf.newaxis]


def exact(model: "GPPVAE", posterior: LowRankPosterior, z: tf.Tensor, batch: Batch) -> tf.Tensor:
    """log p(Z) at the draw, [B], if the batch is the whole data set."""
    return tf.reduce_sum(model.latent_gp.log_density(posterior.data.x, z), axis=-1)


def rows_of(batch: Batch) -> tf.Tensor:
    """Rows of the training set that a batch holds, [1, n].

    Raises:
      ValueError: if "index" is missing or has another shape, or there is a "mask".
    """
    if "index" not in batch:
        raise ValueError(f"batch needs 'index' [1, n], the rows of train_inputs; it has {', '.join(sorted(batch))}")
    if "mask" in batch:
        raise ValueError("batch has a 'mask'; every image of a GPPVAE batch is a training image, none can be missing")
    index = tf.convert_to_tensor(batch["index"])
    check_shape("index", index, (1, batch["images"].shape[1]))
    return index


def marginals(posterior: LowRankPosterior) -> Gaussian:
    """q of the one data set, [n, L]."""
    return Gaussian(*(tf.linalg.matrix_transpose(part[0]) for part in posterior.marginals()))


class Prior(NamedTuple):
    """A stage's prior.

    Attributes:
      log_density: the bound's E_q[log p(Z)].
      uses_bank: whether it needs the bank.
    """

    log_density: LogPrior
    uses_bank: bool


STAGES = stages(vae=Prior(standard_normal, uses_bank=False), gp=Prior(expanded, uses_bank=True))
