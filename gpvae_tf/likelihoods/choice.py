"""The likelihood that the values of a data set suggest."""

import numpy as np

from gpvae_tf.likelihoods.base import Likelihood
from gpvae_tf.likelihoods.bernoulli import BernoulliLikelihood
from gpvae_tf.likelihoods.counts import NegativeBinomialLikelihood
from gpvae_tf.likelihoods.gaussian import GaussianLikelihood

INITIAL_VARIANCE = 0.1  # of standardised observations: a tenth of their variance is noise until more is known
GAIN = 10.0  # a step of Adam changes the variance by 10 times its learning rate: 1 % at 0.001


def likelihood_for(values: np.ndarray, event_shape: tuple[int, ...]) -> Likelihood:
    """A likelihood by the range of the observed values.

        0 and 1 only                             Bernoulli
        pictures (three axes) within [0, 1]      Bernoulli, which takes grey values
        whole numbers from 0, some above 1       negative binomial, whose dispersion is learned
        anything else                            Gaussian, one learned variance per channel (observations standardised)

    Args:
      values: the observed values, in any shape.
      event_shape: the shape of one observation.

    Raises:
      ValueError: if the values are those of 8-bit pictures, 0, ..., 255, which are no counts.
    """
    values = np.asarray(values)
    least, most = values.min(), values.max()
    whole = bool(np.all(values == np.floor(values)))
    picture = len(event_shape) == 3
    if least >= 0 and most <= 1 and (whole or picture):
        return BernoulliLikelihood()
    if picture and whole and least >= 0 and most <= 255:
        raise ValueError(
            f"observations has whole numbers from {least:g} to {most:g}, as 8-bit pictures have: divide them by 255, "
            "or give a likelihood"
        )
    if whole and least >= 0:
        return NegativeBinomialLikelihood(1.0, trainable=True)
    variance = np.full(event_shape[-1:] or (1,), INITIAL_VARIANCE)
    return GaussianLikelihood(variance if event_shape else INITIAL_VARIANCE, trainable=True, gain=GAIN)
