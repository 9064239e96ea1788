"""CP-VAE (Lavda, Gregorova & Kalousis, 2020): a category, and a Gaussian prior for each that is learned with the model.

    p(c_k) = 1/K,  p(z | c_k) = N(m_k, diag(v_k)),  p(y | z, c);  q(z, c | y) = q(c | y) q(z | y, c)

A latent is the vector [z, c] with one-hot c, so everything made for `ImageVAE` (importance weighting, say) serves here.
"""

from collections.abc import Sequence

import tensorflow as tf

from gpvae_tf._keras import Network
from gpvae_tf.checks import check_not_negative, check_shape
from gpvae_tf.gp import categorical as cp_bound
from gpvae_tf.models.cp_estimators import Estimator, StraightThrough
from gpvae_tf.models.image_vae import ImageVAE, refuse_unused
from gpvae_tf.models.known_labels import check_labels, labels_of
from gpvae_tf.models.prediction.seeds import Seed, stateless_seed
from gpvae_tf.networks.category_head import AtNoCategory
from gpvae_tf.posteriors.categorical_gaussian import CategoricalGaussian
from gpvae_tf.posteriors.without_category import WithoutCategory
from gpvae_tf.priors import ConditionalGaussians, GaussianComponents
from gpvae_tf.types import Batch, Bound

PART_NAMES, LABEL_PART = ("category_kl", "kl"), "label"


class CPVAE(ImageVAE):
    """E_q[log p(y | z, c)] - B1 - B2 (Eqs. 7 and 8), B1 and B2 in closed form; "category_kl" is -B1, "kl" is -B2.

    With K = 1 it is the VAE with one learned Gaussian for a prior (Eq. 15). `sample` draws c uniformly; other weights,
    such as the aggregated posterior of Eq. 14, are an argument of `prior.sample`, whose draws `decode` takes.

    Args:
      posterior: q(c | y) and q(z | y, c).
      decoder: latents [N, D + K] -> what the likelihood takes, [N, H, W, C].
      event_shape: (H, W, C).
      prior: p(z, c); learned Gaussians with means from N(0, 0.1^2) if None.
      estimator: how the expectation over c is taken in training (`models.cp_estimators`); straight-through if None.
      test_estimator: the same for `test_step`, on which a run is stopped; the training one, whichever that is by then,
        if None.
      label_weight: alpha >= 0, if batches have "labels" [B] of some images (`models.known_labels`). The bound of such
        an image is one on log p(y, c), with the part "label", alpha log q(c | y), from which the encoder learns to tell
        the categories (M2 of Kingma et al., 2014, Eq. 9). None if labels are not to be read.
      options: see `ImageVAE`; analytic_kl and num_data have no meaning here.

    Raises:
      TypeError, ValueError: see `ImageVAE`; also if the prior is of another kind or has another number of categories.
    """

    posterior: CategoricalGaussian
    prior: ConditionalGaussians
    later_attributes = ImageVAE.later_attributes | {"estimator", "test_estimator"}

    def __init__(
        self,
        posterior: CategoricalGaussian,
        decoder: Network,
        *,
        event_shape: tuple[int, int, int],
        prior: ConditionalGaussians | None = None,
        estimator: Estimator | None = None,
        test_estimator: Estimator | None = None,
        label_weight: float | None = None,
        name: str = "cp_vae",
        **options,
    ):
        refuse_unused("CPVAE", options, ("analytic_kl", "num_data"))
        prior = prior or ConditionalGaussians(GaussianComponents(posterior.num_categories, posterior.continuous_dim))
        if label_weight is not None:
            check_not_negative(label_weight=label_weight)
        of_labels = () if label_weight is None else (LABEL_PART,)
        options |= {"event_shape": event_shape, "part_names": (*PART_NAMES, *of_labels)}
        super().__init__(posterior, decoder, prior=prior, name=name, **options)
        self.estimator = estimator or StraightThrough()
        self._test_estimator, self.label_weight = test_estimator, label_weight

    @property
    def test_estimator(self) -> Estimator:
        """How the expectation over c is taken in `test_step`."""
        return self._test_estimator or self.estimator

    @test_estimator.setter
    def test_estimator(self, value: Estimator | None) -> None:
        self._test_estimator = value

    @property
    def num_categories(self) -> int:
        """K."""
        return self.prior.num_categories

    def check_batch(self, batch: Batch) -> None:
        super().check_batch(batch)
        if self.label_weight is not None:
            check_labels(batch, self.num_categories)

    def elbo(self, batch: Batch, seed: tf.Tensor | None = None) -> Bound:
        return self.bound(batch, self.estimator, seed)

    def elbo_given(self, given: Batch, batch: Batch, seed: tf.Tensor) -> Bound:
        return self.bound(batch, self.estimator, seed, given=given)

    def bound(
        self, batch: Batch, estimator: Estimator, seed: tf.Tensor | None = None, *, given: Batch | None = None
    ) -> Bound:
        """The bound of every image, [B], nats, with the expectation over c as `estimator` takes it.

        The posterior is that given the batch, or what `given` says of its images.
        """
        images, joint = self.joint_of(batch)
        q = self.posterior.condition(images if given is None else self.joint_of(given)[0])
        of_labels = {}
        if self.label_weight is not None:
            labels = labels_of(batch, self.num_categories)
            q, of_labels = q.knowing(labels), {LABEL_PART: self.label_weight * q.log_probability(labels)}
        reconstruction, kl = estimator(joint, q, images, self.seed_or_step(seed))
        parts = {"category_kl": -cp_bound.kl_uniform(q.logits), "kl": -kl} | of_labels
        parts = {name: joint.of_observed(part) for name, part in parts.items()}
        return Bound(reconstruction, tf.add_n(list(parts.values())), parts, joint.num_points(kl))

    def testing_bound(self, batch: Batch, seed: tf.Tensor) -> Bound:
        """The bound with `test_estimator`."""
        return self.bound(batch, self.test_estimator, seed)

    def without_categories(self) -> ImageVAE:
        """The VAE with this model's own networks, p(z) = N(0, I), and no category: one that training can start from.

        Its encoder is q(z | y, c) at c = 0, its decoder p(y | z, c) at c = 0. What it learns this model has learned.
        Likelihood, seed, num_samples and hiding are this model's; the objective, which may have a state, is the plain
        bound. `training.mixture_start.start_categories` then finds categories among its latents.
        """
        q = self.posterior
        posterior = WithoutCategory(q.features, q.mean_head, q.log_variance_head)
        decoder = AtNoCategory(self.decoder, self.num_categories)
        return ImageVAE(
            posterior,
            decoder,
            event_shape=self.event_shape,
            likelihood=self.likelihood,
            num_samples=self.num_samples,
            hiding=self.hiding,
            seed=self.seed,
        )

    def categories(self, images: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        """q(c | y) of images [B, H, W, C], [B, K]; `mask`, boolean of their shape, True = observed, None for all.

        Raises:
          ValueError: see `checked_images`.
        """
        return tf.nn.softmax(self.posterior.condition(self.checked_images(images, mask)).logits)

    def decode_as(self, z: tf.Tensor, category: int | Sequence[int] | tf.Tensor) -> tf.Tensor:
        """E[y | z, c] for chosen latents z [N, D] and chosen categories (one, or N of them): images [N, H, W, C].

        Raises:
          ValueError: if a category does not exist.
        """
        check_shape("z", z, ("N", self.prior.continuous_dim))
        z = tf.cast(z, self.network_dtype)
        numbers = tf.broadcast_to(tf.convert_to_tensor(category), tf.shape(z)[:1])
        return self.decode(tf.concat([z, tf.cast(self.prior.one_hot(numbers), z.dtype)], axis=-1))

    def sample_category(self, category: int, num: int, seed: Seed) -> tf.Tensor:
        """`num` images of one category, z from p(z | c) (Figure 7).

        Raises:
          ValueError: if the category does not exist.
        """
        return self.decode(self.prior.sample_given(self.prior.one_hot(tf.fill([num], category)), stateless_seed(seed)))
