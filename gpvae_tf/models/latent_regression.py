"""Regression of latents on the embedding space X: the nonparametric VAE predicts a latent from those near it in X."""

import abc
from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.gp import leave_one_out
from gpvae_tf.saving import Configurable
from gpvae_tf.types import Gaussian


class ReferenceLatents(NamedTuple):
    """Reference points, which predictions rest on: locations x [n, D] and latent means z [n, L]."""

    x: tf.Tensor
    z: tf.Tensor


class LatentRegression(Configurable, tf.Module, abc.ABC):
    """Linear in the other points' latents z, so E[z~] is the prediction from their means."""

    @abc.abstractmethod
    def leave_one_out(self, points: ReferenceLatents) -> tf.Tensor:
        """z~_i [n, L] of every point from all others."""

    @abc.abstractmethod
    def predict(self, x: tf.Tensor, references: ReferenceLatents, exclude: tf.Tensor | None = None) -> tf.Tensor:
        """z~ [s, L] at new locations x [s, D].

        Args:
          x: the locations.
          references: the reference points, which the prediction rests on.
          exclude: [s], the number of the reference point that a query is, which is then left out; -1 for none.
        """


class KernelRegression(LatentRegression):
    """z~_i = sum_j W_ij z_j, a convex combination with squared-exponential weights (Eqs. 4 and 6).

    The kernel's amplitude cancels in W, so there is none. The length scale l could be absorbed into X, which is not
    bounded; it is kept because the paper infers it.

    Args:
      length_scale: l at first, > 0.
      trainable: whether it is learned.
    """

    def __init__(self, length_scale: float = 1.0, *, trainable: bool = True):
        super().__init__(name="kernel_weights")
        self.length_scale = kernels.positive(length_scale, trainable=trainable, name="length_scale", dtype="float32")

    def leave_one_out(self, points: ReferenceLatents) -> tf.Tensor:
        return tf.matmul(leave_one_out.weights(points.x, self._length_scale(points)), points.z)

    def predict(self, x: tf.Tensor, references: ReferenceLatents, exclude: tf.Tensor | None = None) -> tf.Tensor:
        weights = leave_one_out.cross_weights(x, references.x, self._length_scale(references), exclude)
        return tf.matmul(weights, references.z)

    def _length_scale(self, points: ReferenceLatents) -> tf.Tensor:
        return tf.cast(self.length_scale, points.x.dtype)


class GaussianProcessRegression(LatentRegression):
    """The exact predictive mean of a GP prior on each latent (Eq. 3), O(n^3) in the points it predicts from.

    Args:
      kernel: any psd kernel of batch shape []; its dtype is that of the algebra, float64 if it has none.
      noise_variance: s at first, > 0; without noise coinciding points would have no inverse.
      trainable: whether the noise variance is learned.
    """

    def __init__(self, kernel: kernels.Kernel, noise_variance: float = 0.1, *, trainable: bool = True):
        super().__init__(name="gaussian_process")
        kernels.check_kernel(kernel)
        if kernels.num_channels(kernel) is not None:
            raise ValueError(f"kernel has batch shape {tuple(kernel.batch_shape)}; expected [], one for all channels")
        self.kernel, self.kernel_parts = kernel, kernels.parts(kernel)
        self.dtype = tf.as_dtype(kernel.dtype or tf.float64)
        self.noise_variance = kernels.positive(
            noise_variance, trainable=trainable, name="noise_variance", dtype=self.dtype.name
        )

    def leave_one_out(self, points: ReferenceLatents) -> tf.Tensor:
        x, z = (tf.cast(part, self.dtype) for part in points)
        noise_variance = tf.convert_to_tensor(self.noise_variance)
        return tf.cast(leave_one_out.leave_one_out(self.kernel.matrix(x, x), z, noise_variance).mean, points.z.dtype)

    def joint_kl(self, x: tf.Tensor, q: Gaussian) -> tf.Tensor:
        """Shares of KL(q(Z) || p(Z | X)) for latents [n, L] at locations x [n, D] (Eq. 1), [n], nats."""
        return self._divergence(leave_one_out.joint_kl, x, q)

    def predictive_kl(self, x: tf.Tensor, q: Gaussian) -> tf.Tensor:
        """Divergences of every q(z_i) from its prediction by the others (Eq. 2), [n], nats."""
        return self._divergence(leave_one_out.predictive_kl, x, q)

    def _divergence(self, kl: Callable[..., tf.Tensor], x: tf.Tensor, q: Gaussian) -> tf.Tensor:
        x, *moments = (tf.cast(part, self.dtype) for part in (x, *q))
        value = kl(self.kernel.matrix(x, x), Gaussian(*moments), tf.convert_to_tensor(self.noise_variance))
        return tf.cast(value, q.mean.dtype)

    def predict(self, x: tf.Tensor, references: ReferenceLatents, exclude: tf.Tensor | None = None) -> tf.Tensor:
        known, z = (tf.cast(part, self.dtype) for part in references)
        k_nn, k_sn = self.kernel.matrix(known, known), self.kernel.matrix(tf.cast(x, self.dtype), known)
        noise_variance = tf.convert_to_tensor(self.noise_variance)
        prediction = tf.cast(leave_one_out.predict(k_nn, k_sn, z, noise_variance), references.z.dtype)
        if exclude is None:
            return prediction
        others = tf.gather(self.leave_one_out(references), tf.maximum(exclude, 0))
        return tf.where(exclude[:, tf.newaxis] >= 0, others, prediction)
