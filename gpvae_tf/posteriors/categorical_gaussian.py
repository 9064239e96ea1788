"""q(z, c | y) = q(c | y) q(z | y, c): a category, and a Gaussian for each; the posterior of CP-VAE."""

from typing import Any

import tensorflow as tf

from gpvae_tf._keras import call, check_network, keras
from gpvae_tf.checks import at_least_one, check_shape
from gpvae_tf.gp import diagonal_gaussians
from gpvae_tf.gp.categorical import LinearCode, category_kls
from gpvae_tf.networks.category_head import CategoryHead
from gpvae_tf.networks.gated import LOG_VARIANCE_RANGE, UNITS, clip_log_variance, dense
from gpvae_tf.networks.layers import output_dtype
from gpvae_tf.posteriors.base import Draws, Joint, Network, Posterior, PosteriorDistribution, WeightedDraws
from gpvae_tf.priors.conditional import ConditionalGaussians
from gpvae_tf.replicas import draws
from gpvae_tf.types import Gaussian

CERTAIN = 1e4  # of logits: exp(-1e4) is 0, and 0 times -1e4 is 0, where infinity would make NaN


class CategoricalGaussianDistribution(PosteriorDistribution):
    """q(z, c | y) of a batch; latents are vectors [z, c] with one-hot c.

    Args:
      logits: logits of q(c | y), [B, K].
      base: mean and raw log variance before the category's share, each [B, D].
      shares: what category k adds to each, [K, D].
    """

    def __init__(self, logits: tf.Tensor, base: LinearCode, shares: LinearCode):
        self.logits, self._base, self._shares = logits, base, shares

    def given(self, categories: tf.Tensor) -> Gaussian:
        """q(z | y, c) for vectors c [..., B, K], one-hot or relaxed: mean and variance [..., B, D]."""
        return self._gaussian(*(b + tf.tensordot(categories, w, 1) for b, w in zip(self._base, self._shares)))

    def every(self) -> Gaussian:
        """q(z | y, c_k) for all k: mean and variance [B, K, D]."""
        return self._gaussian(*(b[:, tf.newaxis] + w for b, w in zip(self._base, self._shares)))

    def kl_to(self, components: Gaussian) -> tf.Tensor:
        """KL(q(z | y, c_k) || p(z | c_k)) for all k, [B, K], nats, to components [K, D]."""
        return category_kls(self._base, self._shares, components, LOG_VARIANCE_RANGE)

    def knowing(self, labels: tf.Tensor) -> "CategoricalGaussianDistribution":
        """q(z | y, c) with all of q(c | y) on the label of an image, and as it is where that is -1, of labels [B]."""
        certain = CERTAIN * (tf.one_hot(labels, self.logits.shape[-1], dtype=self.logits.dtype) - 1.0)
        logits = tf.where(labels[:, tf.newaxis] >= 0, certain, self.logits)
        return CategoricalGaussianDistribution(logits, self._base, self._shares)

    def log_probability(self, labels: tf.Tensor) -> tf.Tensor:
        """log q(c | y) at labels [B], [B], nats; 0 where a label is -1."""
        entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(labels, 0), self.logits)
        return tf.where(labels >= 0, -entropy, tf.zeros_like(entropy))

    def sample(self, num_samples: int, seed: tf.Tensor) -> Draws:
        which, noise = tf.unstack(tf.random.split(seed))
        picked = tf.transpose(tf.random.stateless_categorical(self.logits, num_samples, which))
        categories = tf.one_hot(picked, self.logits.shape[-1], dtype=self.logits.dtype)
        z = self.draw(categories, noise)
        return Draws(z, self.log_prob(z))

    def draw(self, categories: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Latents [z, c], [..., B, D + K], with z from q(z | y, c)."""
        return _joined(self.given(categories), categories, seed)

    def weighted(self, num_samples: int, seed: tf.Tensor) -> WeightedDraws:
        """`num_samples` draws of z from every category, weighted by its probability: [S K, B, D + K]."""
        num_categories, batch = self.logits.shape[-1], tf.shape(self.logits)[0]
        shape = [num_samples, num_categories, batch, num_categories]
        categories = tf.eye(num_categories, dtype=self.logits.dtype)[:, tf.newaxis]  # [K, 1, K]
        every = Gaussian(*(tf.transpose(part, [1, 0, 2]) for part in self.every()))  # [K, B, D]
        z = _joined(every, tf.broadcast_to(categories, shape), seed)
        z = tf.reshape(z, [-1, batch, z.shape[-1]])
        weights = tf.tile(tf.transpose(tf.nn.softmax(self.logits)), [num_samples, 1]) / num_samples
        return WeightedDraws(z, self.log_prob(z), weights)

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """log q(z | y, c) + log q(c | y), for one-hot c."""
        continuous, categories = z[..., : -self.logits.shape[-1]], z[..., -self.logits.shape[-1] :]
        log_category = tf.reduce_sum(categories * tf.nn.log_softmax(self.logits), axis=-1)
        return diagonal_gaussians.log_density(continuous, self.given(categories)) + log_category

    @property
    def mean(self) -> tf.Tensor:
        """The most probable category and the mean of z given it."""
        categories = tf.one_hot(tf.argmax(self.logits, axis=-1), self.logits.shape[-1], dtype=self.logits.dtype)
        return tf.concat([self.given(categories).mean, categories], axis=-1)

    @staticmethod
    def _gaussian(mean: tf.Tensor, log_variance: tf.Tensor) -> Gaussian:
        return Gaussian(mean, tf.exp(clip_log_variance(log_variance)))


class CategoricalGaussian(Posterior):
    """q(c | y) = Cat(pi(y)), q(z | y, c) = N(mu(y, c), diag(v(y, c))) (CP-VAE Eq. 6).

    The paper's Figure 2 writes mu(y, pi); Eqs. 6, 8 and 11 hold for a category, and that is what stands here. Features
    h of an image and c enter linear layers together; log variances are clipped to [-6, 2].

    Args:
      features: images [B, H, W, C] -> h [B, units].
      num_categories: K.
      continuous_dim: D, the length of z.
      units: the length of h.
      init: one of `networks.gated.INITIALIZERS`.
      logit_activation: activation of the logits of pi; "elu" in the authors' code keeps them above -1. None by default.
      policy: Keras dtype policy of the networks; what is here is float64 or float32.

    Attributes:
      latent_dim: D + K.

    Raises:
      ValueError: if a size is below 1 or `init` is unknown.
    """

    def __init__(
        self,
        features: Network,
        num_categories: int,
        continuous_dim: int,
        *,
        units: int = UNITS,
        init: str = "glorot",
        logit_activation: str | None = None,
        policy: str = "float32",
    ):
        for name, value in (("num_categories", num_categories), ("continuous_dim", continuous_dim)):
            at_least_one(name, value)
        super().__init__(continuous_dim + num_categories, name="categorical_gaussian")
        self.features = check_network(features, "features")
        self.num_categories, self.continuous_dim = num_categories, continuous_dim
        self.logit_head = dense(num_categories, units, init=init, policy=output_dtype(policy))
        self.logit_head.build([None, units])
        self.logit_activation = keras.activations.get(logit_activation)
        sizes = (units, num_categories, continuous_dim)
        options: dict[str, Any] = dict(init=init, dtype=output_dtype(policy))
        self.mean_head = CategoryHead(*sizes, name="mean_head", **options)
        self.log_variance_head = CategoryHead(*sizes, name="log_variance_head", **options)

    def condition(
        self, images: tf.Tensor, joint: Joint | None = None, seed: tf.Tensor | None = None
    ) -> CategoricalGaussianDistribution:
        heads = (self.mean_head, self.log_variance_head)
        features = call(self.features, images)
        check_shape("the output of features", features, ("B", self.mean_head.features_dim))
        features = tf.cast(features, self.mean_head.kernel.dtype)
        logits = self.logit_activation(self.logit_head(features))
        base = LinearCode(*(head.of_features(features) for head in heads))
        return CategoricalGaussianDistribution(logits, base, LinearCode(*(head.of_categories for head in heads)))

    def check_joint(self, joint: Joint) -> None:
        """Refuses a prior over other latents than [z, c].

        Raises:
          TypeError, ValueError: if it is no `ConditionalGaussians`, or one with another number of categories.
        """
        if not isinstance(joint.prior, ConditionalGaussians):
            raise TypeError(f"prior must be ConditionalGaussians for latents [z, c], got {type(joint.prior).__name__}")
        if joint.prior.num_categories != self.num_categories:
            raise ValueError(
                f"prior has {joint.prior.num_categories} categories, the posterior has {self.num_categories}"
            )


def _joined(q: Gaussian, categories: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """[z, c] with z from q, [..., D], for categories [..., K]."""
    shape = tf.concat([tf.shape(categories)[:-1], [q.mean.shape[-1]]], axis=0)
    noise = draws.normal(shape, seed, q.mean.dtype, lead=categories.shape.rank - 2)
    return tf.concat([diagonal_gaussians.draw(q, noise), categories], axis=-1)
