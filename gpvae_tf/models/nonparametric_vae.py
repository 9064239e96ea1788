"""The nonparametric VAE (Bodin, Malik, Ek & Campbell, 2017): latents Z of any dimension, tied by locations X of two.

    images --encode--> q(z | y) --decode--> p(y | z)
    images --embed---> x,  z~_i = sum_{j != i} W_ij E[z_j],  W from the distances between the x

Batches are dicts with "observations" [B, H, W, C]; the others of a mini-batch are an image's neighbours. The bound has
one value per image.
"""

from collections.abc import Callable

import tensorflow as tf

from gpvae_tf._keras import build, call, check_network, widened
from gpvae_tf.checks import check_choice, check_not_negative, check_shape
from gpvae_tf.models.embedding_space import line
from gpvae_tf.models.image_joint import ImageJoint
from gpvae_tf.models.image_vae import ImageVAE, refuse_unused
from gpvae_tf.models.latent_regression import (
    GaussianProcessRegression,
    KernelRegression,
    LatentRegression,
    ReferenceLatents,
)
from gpvae_tf.networks.dropout import DropoutMLP
from gpvae_tf.posteriors import DiagonalDistribution, MeanField
from gpvae_tf.posteriors.base import Network
from gpvae_tf.replicas import shares
from gpvae_tf.types import Batch, Bound, Gaussian

MATCHES = ("means", "joint_kl", "predictive_kl")


class NonparametricVAE(ImageVAE):
    """E_q[log p(y_i | z_i)] - KL(q(z_i) || N(0, I)) - w |E[z_i] - E[z~_i]|^2 for every image (Eq. 5).

    Where the paper leaves a choice, the defaults are the literal reading of Eq. 5: E[z] are posterior means, the square
    is summed over the dimensions of z, w = 1, no gradient is stopped, only z is decoded, and X has no prior. With w = 0
    it is the plain VAE on the same networks. The divergences that Eq. 5 approximates are choices of `match`. Networks
    of the kind `DropoutMLP` have dropout in `fit` and nowhere else.

    Args:
      encoder: images -> means and log variances of z, [N, 2L].
      location_encoder: images -> x, [N, D].
      decoder: z [N, L] -> what the likelihood takes, [N, H, W, C].
      latent_dim: L.
      event_shape: (H, W, C).
      predictor: what z~ is; `KernelRegression()` (Eqs. 4 and 6) if None, `GaussianProcessRegression` for Eq. 3.
      match: "means" for the last term of Eq. 5; "joint_kl" has KL(q(Z) || p(Z | X)) in its place (Eq. 1), shared out
        among the images of a batch, and "predictive_kl" KL(q(z_i) || p(z_i | X, z_{-i})) with the others' latents drawn
        from q (Eq. 2). Both need the variances of a `GaussianProcessRegression`, and the batch is all that X has.
      match_weight: w.
      match_moves_z: False holds the means of z in the last term, so that only X follows Z.
      decoded_weight: weight of an added log p(y_i | z~_i), which the paper does not have.
      location_weight: weight of an added -|x_i|^2, which holds the scale of X.
      options: see `ImageVAE`; analytic_kl, num_data and num_samples have no meaning here.

    Raises:
      ValueError: if a weight is negative, `match` is unknown, or it needs another predictor.
    """

    posterior: MeanField
    later_attributes = ImageVAE.later_attributes | {"match_moves_z"}
    can_hide = False  # the locations, of which the others are predicted, see the images too
    fewest_images = 2  # one has nothing to be predicted from

    def __init__(
        self,
        encoder: Network,
        location_encoder: Network,
        decoder: Network,
        *,
        latent_dim: int,
        event_shape: tuple[int, int, int],
        predictor: LatentRegression | None = None,
        match: str = "means",
        match_weight: float = 1.0,
        match_moves_z: bool = True,
        decoded_weight: float = 0.0,
        location_weight: float = 0.0,
        name: str = "nonparametric_vae",
        **options,
    ):
        refuse_unused("NonparametricVAE", options, ("analytic_kl", "num_data", "num_samples"))
        check_network(location_encoder, "location_encoder")
        weights = dict(match_weight=match_weight, decoded_weight=decoded_weight, location_weight=location_weight)
        check_not_negative(**weights)
        predictor = predictor or KernelRegression()
        check_choice("match", match, MATCHES)
        if match != "means" and not isinstance(predictor, GaussianProcessRegression):
            raise ValueError(
                f"match={match!r} needs the variances of a GaussianProcessRegression for a predictor, got "
                f"{type(predictor).__name__}, a convex combination that has none (Eq. 4)"
            )
        extra = {"decoded": decoded_weight, "locations": location_weight}
        part_weights = {"match": match_weight} | {part: weight for part, weight in extra.items() if weight}
        options |= {"event_shape": event_shape, "part_names": ("kl", *part_weights)}
        super().__init__(MeanField(encoder, latent_dim), decoder, name=name, **options)
        build(location_encoder, "location_encoder", event_shape)
        self.location_encoder, self.predictor, self.match = location_encoder, predictor, match
        self.match_moves_z, self._part_weights = match_moves_z, part_weights

    def elbo(self, batch: Batch, seed: tf.Tensor | None = None) -> Bound:
        """The bound of every image, [B], nats; its part "match" is -w |E[z] - E[z~]|^2, or -w times the KL that `match`
        names; others are added terms.

        Args:
          batch: see the module's docstring; at least two images.
          seed: stateless seed [2]; the model's own for the current step if None.

        Raises:
          InvalidArgumentError: of TensorFlow, in compiled code too, if there is one image.
        """
        return self._bound(batch, self.seed_or_step(seed), dropout=False)

    def training_bound(self, batch: Batch, seed: tf.Tensor) -> Bound:
        """`elbo` with dropout in the networks."""
        return self._bound(batch, seed, dropout=True)

    def _bound(self, batch: Batch, seed: tf.Tensor, *, dropout: bool) -> Bound:
        """`elbo` with or without dropout, which has seeds of its own."""
        noise, *seeds = tf.unstack(tf.random.split(seed, 5))
        of_encoder, of_decoder, of_locations, of_predicted = seeds if dropout else (None, None, None, None)
        images, joint = self.joint_of(batch)
        q = self._condition(images, of_encoder)
        mean = q.gaussian.mean
        reconstruction = self._decoded(joint, images, q.sample(1, noise).z[0], of_decoder)
        x = _apply(self.location_encoder, images, of_locations)
        check_shape("the location encoder's output", x, ("B", "D"))
        fixed = (lambda part: part) if self.match_moves_z else tf.stop_gradient
        known = fixed(mean)
        everyone = ReferenceLatents(*(shares.gathered(part, shares.DATA_SETS) for part in (x, known)))
        _check_two(tf.shape(everyone.x)[0])
        predicted = shares.own(self.predictor.leave_one_out(everyone), shares.DATA_SETS)
        terms: dict[str, Callable[[], tf.Tensor]] = {
            "match": lambda: -self._mismatch(x, Gaussian(known, fixed(q.gaussian.variance)), predicted),
            "decoded": lambda: self._decoded(joint, images, predicted, of_predicted),
            "locations": lambda: -tf.reduce_sum(tf.square(x), axis=-1),
        }
        parts = {"kl": -q.kl_standard_normal()}
        parts |= {name: weight * terms[name]() for name, weight in self._part_weights.items()}
        parts = {name: joint.of_observed(part) for name, part in parts.items()}
        return Bound(reconstruction, tf.add_n(list(parts.values())), parts, joint.num_points(reconstruction))

    def _mismatch(self, x: tf.Tensor, q: Gaussian, predicted: tf.Tensor) -> tf.Tensor:
        """How far q(Z), [B, L], is from what X says of Z, [B]: the distance of Eq. 5, or a divergence in nats."""
        if self.match == "means":
            return tf.reduce_sum(tf.math.squared_difference(q.mean, predicted), axis=-1)
        x, *moments = (shares.gathered(part, shares.DATA_SETS) for part in (x, *q))
        return shares.own(getattr(self.predictor, self.match)(x, Gaussian(*moments)), shares.DATA_SETS)

    def _condition(self, images: tf.Tensor, seed: tf.Tensor | None) -> DiagonalDistribution:
        code = _apply(self.posterior.encoder, images, seed)
        check_shape("the encoder's output", code, ("B", 2 * self.latent_dim))
        return DiagonalDistribution(*Gaussian.from_log_variance(code))

    def _decoded(self, joint: ImageJoint, images: tf.Tensor, z: tf.Tensor, seed: tf.Tensor | None) -> tf.Tensor:
        """log p(y | z) of latents [B, L], over the observed entries, [B], nats."""
        output = _apply(self.decoder, z, seed)
        check_shape("the decoder's output", output, ("B", *self.likelihood.output_shape(self.event_shape)))
        return self.likelihood.log_prob(output, images, joint.observed, event_ndims=self.event_ndims)

    def as_trained_on(self, dataset: tf.data.Dataset) -> tf.data.Dataset:
        """The dataset, every batch of which is checked to have two images; the bound's own check is lost in XLA."""
        return dataset.map(_at_least_two)

    def embed(self, images: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        """Locations x [B, D] of images [B, H, W, C]; where the mask, boolean of their shape, is False they are missing.

        Raises:
          ValueError: see `checked_images`.
        """
        return widened(self.location_encoder(self.checked_images(images, mask)))

    def interpolate(self, first: tf.Tensor, second: tf.Tensor, num: int) -> tf.Tensor:
        """`num` images from one [H, W, C] to another, on a line in Z (Figure 4); `EmbeddingSpace` has the line in X."""
        return self.decode(line(self.encode(tf.stack([first, second])).mean, num))


def _apply(network: Network, inputs: tf.Tensor, seed: tf.Tensor | None) -> tf.Tensor:
    """The network on its inputs, with dropout if there is a seed for it and the network has any of ours."""
    drops = seed is not None and isinstance(network, DropoutMLP)
    return widened(network(inputs, seed) if drops else call(network, inputs))


def _at_least_two(batch: Batch) -> Batch:
    _check_two(tf.shape(batch["observations"])[0])
    return batch


def _check_two(num_images: tf.Tensor) -> None:
    """Refuses a batch of one image, also in compiled code, where its bound would be NaN."""
    text = "a batch has one image, which cannot be predicted from others: batch(..., drop_remainder=True)"
    tf.debugging.assert_greater(num_images, 1, text)
