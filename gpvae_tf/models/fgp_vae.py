"""FGP-VAE (Jazbec, Pearce & Fortuin, 2020): local channels that follow the view, global ones that follow the object."""

from collections.abc import Iterable, Mapping
from typing import Any

import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf._keras import Network
from gpvae_tf.checks import check_shape
from gpvae_tf.defaults import Facts, KernelChoice, kernel_for
from gpvae_tf.latent_gps import ExactGP, LatentGP
from gpvae_tf.latent_gps.correlated import first_observed
from gpvae_tf.latent_gps.factorized import FactorizedGP
from gpvae_tf.latent_gps.shared import SharedGaussian
from gpvae_tf.models.latent_gp_vae import LatentGPVAE
from gpvae_tf.models.masks import points_of
from gpvae_tf.models.prediction.own_objects import OwnObjects
from gpvae_tf.models.prediction.predictor import Predictor
from gpvae_tf.types import Batch


class FGPVAE(LatentGPVAE):
    """FGP-VAE, Appendix B: sum_p { sum_q E_q[log p(y_q | z_q) - log q~(z_q | y_q)] + log Z_p }, p objects, q images.

    A data set is an object: "observations" [B, n, *event] holds B of them, "inputs" [B, n, D] the view and, behind its
    columns, the object's id if there is one; objects with fewer images are padded and masked. Each of the first J
    channels is a function of the view with a GP prior of its own for every object, each of the others one latent that
    an object's images share. Nothing belongs to the objects of the training set, so `condition_on` takes new ones, with
    any number of images; all of them masked, predictions are the prior, as in `sample`.

    Args:
      encoder, decoder: see `LatentVariableModel`.
      local: kernel of the local channels on the view's columns (batch shape [] or [J]) for exact inference, or a latent
        GP: a `SparseGP` makes the sparse FGP-VAE for long sequences per object.
      latent_dim: L.
      num_local: J, local channels, 1 <= J < L.
      shared: latent GP of the others; `SharedGaussian` is the paper's, `CorrelatedSharedGaussian` correlates objects
        through the vectors that `embedding` gives them.
      view_columns: leading input columns, those of the view.
      options: see `LatentGPVAE`.

    Raises:
      ValueError: if J is out of range, or see `latent_gps.FactorizedGP`.
    """

    latent_gp: FactorizedGP
    kernel_argument = "local"
    takes_roles = False  # what stands behind the view's columns of the inputs are ids
    batches_add = "data sets"  # whole objects, all padded to one number of images and masked

    def __init__(
        self,
        encoder: Network,
        decoder: Network,
        local: kernels.Kernel | LatentGP,
        *,
        latent_dim: int,
        num_local: int,
        shared: LatentGP | None = None,
        view_columns: int = 1,
        name: str = "fgp_vae",
        **options,
    ):
        if not 1 <= num_local < latent_dim:
            raise ValueError(
                f"num_local must lie in 1, ..., latent_dim - 1 = {latent_dim - 1}, got {num_local}; GPVAE is the model "
                "whose channels are all local"
            )
        local_gp = local if isinstance(local, LatentGP) else ExactGP(local)
        shared_gp = SharedGaussian(local_gp.dtype) if shared is None else shared
        latent_gp = FactorizedGP(local_gp, num_local, shared_gp, latent_dim - num_local, view_columns=view_columns)
        super().__init__(encoder, decoder, latent_gp, latent_dim=latent_dim, name=name, **options)

    @classmethod
    def prior_for(cls, facts: Facts, latent_dim: int, choice: KernelChoice) -> dict[str, Any]:
        """Two thirds of the channels follow the inputs, which are all the view's; every sequence is an object."""
        num_local = max(1, 2 * latent_dim // 3)
        return {"local": kernel_for(facts, num_local, choice), "num_local": num_local, "view_columns": facts.input_dim}

    def check_batch(self, batch: Batch) -> None:
        super().check_batch(batch)
        whole_objects({name: tf.convert_to_tensor(part) for name, part in batch.items()}, self.latent_gp.view_columns)

    def condition_on(self, batches: Batch | Iterable[Batch] | None = None) -> Predictor:
        """The model given data, as in `LatentGPVAE`; not in compiled code, it refuses questions about other objects."""
        objects = OwnObjects(self.latent_gp.view_columns)
        given = [batches] if isinstance(batches, Mapping) else batches
        predictor = super().condition_on(given if given is None else objects.noted(given))
        if predictor.input_spec is not None:
            columns = predictor.input_spec.num_columns[:1]  # vectors in place of ids do not say whose data these are
            predictor.input_spec = predictor.input_spec._replace(objects=objects, num_columns=columns)
        return predictor

    def as_trained_on(self, dataset: tf.data.Dataset) -> tf.data.Dataset:
        """The dataset, every batch of which is checked to hold whole objects (`whole_objects`)."""
        view_columns = self.latent_gp.view_columns
        return dataset.map(lambda batch: whole_objects(batch, view_columns))


def whole_objects(batch: Batch, view_columns: int = 1) -> Batch:
    """The batch itself, checked: a data set holds images of one object, and no two data sets of the batch the same.

    For `dataset.map`. Without an id behind the view's columns of the inputs there is nothing to check but the shape.

    Raises:
      ValueError: if the inputs are not [B, n, D].
      tf.errors.InvalidArgumentError: if a data set mixes objects, or the batch splits one.
    """
    inputs, mask = batch["inputs"], batch.get("mask")
    check_shape("inputs", inputs, ("B", "n", "D"))
    if inputs.shape[-1] == view_columns:
        return batch
    observed = tf.ones(tf.shape(inputs)[:-1], tf.bool) if mask is None else points_of(mask, 2)
    ids = inputs[..., view_columns:]
    first = first_observed(ids, observed)  # [B, M]
    mixed = observed & tf.reduce_any(ids != first[:, tf.newaxis], axis=-1)
    same = tf.reduce_all(first[:, tf.newaxis] == first, axis=-1)  # [B, B], the diagonal included
    filled = tf.reduce_any(observed, axis=-1)
    split = same & filled[:, tf.newaxis] & filled & ~tf.eye(tf.shape(first)[0], dtype=tf.bool)
    for wrong, text in ((mixed, "mixes images of several objects in one data set"), (split, "splits an object")):
        tf.debugging.assert_equal(tf.reduce_any(wrong), False, f"a training batch {text}: batch by object")
    return batch
