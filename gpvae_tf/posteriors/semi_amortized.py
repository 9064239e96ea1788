"""Semi-amortised inference (SA; Kim et al., 2018): gradient steps on every image's own bound, at test time too."""

import tensorflow as tf

from gpvae_tf._keras import check_network
from gpvae_tf.checks import at_least_one, check_fraction, check_positive
from gpvae_tf.posteriors.base import Joint, Network, Posterior, encode
from gpvae_tf.posteriors.mean_field import DiagonalDistribution
from gpvae_tf.types import Gaussian


class SemiAmortized(Posterior):
    """q(z | y) = N(z; mu_K, diag(exp(rho_K))), reached from the encoder's (mu_0, rho_0) = lambda_0 by K steps

        v_{k+1} = momentum v_k + grad ELBO(lambda_k; y),   lambda_{k+1} = lambda_k + step_size v_{k+1}.

    The gradient is that of each image's own bound, in nats, whatever the size of the batch, and ascends it. Training
    differentiates through the steps. The code that the GP-encoder paper's baselines likely come from descends the bound
    and divides by the batch size (docs/deviations.md, L1).

    Args:
      encoder: images -> [B, 2L], means and log variances.
      latent_dim: L.
      num_steps: K.
      step_size: 1e-3 in Kim & Pavlovic (2021).
      momentum: weight of the last step, in [0, 1); 0.5 in Kim et al. (2018).
      second_order: whether training differentiates through the gradients too; else it takes them as constants.

    Raises:
      ValueError: if num_steps is below 1, the step size not positive or the momentum out of range.
    """

    def __init__(
        self,
        encoder: Network,
        latent_dim: int,
        *,
        num_steps: int = 1,
        step_size: float = 1e-3,
        momentum: float = 0.0,
        second_order: bool = True,
    ):
        super().__init__(latent_dim, name="semi_amortized")
        self.encoder = check_network(encoder, "encoder")
        check_positive(step_size=step_size)
        self.num_steps, self.step_size = at_least_one("num_steps", num_steps), step_size
        self.momentum, self.second_order = check_fraction("momentum", momentum), second_order

    def condition(
        self, images: tf.Tensor, joint: Joint | None = None, seed: tf.Tensor | None = None
    ) -> DiagonalDistribution:
        """q at lambda_K; the draws of the K bounds come from `seed`, (0, 0) if None.

        Raises:
          ValueError: without a generative model.
        """
        if joint is None:
            raise ValueError("joint is None: semi-amortised inference needs the generative model")
        parameters = tf.concat(encode(self.encoder, images, 2 * [self.latent_dim]), axis=-1)
        velocity = tf.zeros_like(parameters)
        for step in range(self.num_steps):
            step_seed = tf.random.fold_in((0, 0) if seed is None else seed, step)
            velocity = self.momentum * velocity + self._gradient(parameters, images, joint, step_seed)
            parameters += self.step_size * velocity
        return _gaussian(parameters)

    def _gradient(self, parameters: tf.Tensor, images: tf.Tensor, joint: Joint, seed: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(parameters)
            reconstruction, kl = joint.terms(_gaussian(parameters), images, seed)
            bound = tf.reduce_sum(reconstruction - kl)  # no image's parameters enter another image's bound
        gradient = tape.gradient(bound, parameters)
        return gradient if self.second_order else tf.stop_gradient(gradient)


def _gaussian(parameters: tf.Tensor) -> DiagonalDistribution:
    return DiagonalDistribution(*Gaussian.from_log_variance(parameters))
