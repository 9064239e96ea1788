"""What every latent GP shares whose prior is a kernel's, whatever its rule of inference."""

import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.latent_gps import cost
from gpvae_tf.latent_gps.base import LatentGP
from gpvae_tf.latent_gps.kernel_dtype import least_noise, with_double_precision


class KernelGP(LatentGP):
    """Independent GP priors over the latent channels with a kernel of the inputs.

    Args:
      kernel: any psd kernel of batch shape [] or [L]; its dtype is that of the algebra, float64 if its
        parameters are Python numbers.
      name: of the module.

    Raises:
      TypeError: if it is no psd kernel.
    """

    def __init__(self, kernel: kernels.Kernel, *, name: str):
        kernel = with_double_precision(kernel)
        super().__init__(kernel.dtype or tf.float64, name=name)
        self.kernel, self.kernel_parts = kernel, kernels.parts(kernel)

    @property
    def num_channels(self) -> int | None:
        return kernels.num_channels(self.kernel)

    def prior_covariance(self, x: tf.Tensor) -> tf.Tensor:
        return kernels.matrix(self.kernel, x, x)

    def num_coupled(self, x: tf.Tensor, mask: tf.Tensor | None = None) -> int | tf.Tensor | None:
        """How many points with noise the algebra factorises together, for features x [..., n, D].

        `least_noise` grows with it; None where the noise of the points does not enter.
        """
        return None

    def least_noise(self, x: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor | None:
        num = self.num_coupled(x, mask)
        return None if num is None else least_noise(self.kernel, x, num, mask)

    def check_dense(self, x: tf.Tensor, num_sets: int, num_channels: int) -> None:
        """`check` of a latent GP that factorises matrices [n, n] of every data set and channel.

        Raises:
          MemoryError: see `cost.check_exact`.
        """
        cost.check_exact(x.shape[0], num_sets, num_channels, self.num_channels or 1, self.dtype.size)
