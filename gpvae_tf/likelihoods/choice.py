"""The likelihood that the values of a data set suggest."""

import numpy as np

from gpvae_tf.likelihoods.base import Likelihood
from gpvae_tf.likelihoods.bernoulli import BernoulliLikelihood
from gpvae_tf.likelihoods.counts import NegativeBinomialLikelihood
from gpvae_tf.likelihoods.gaussian import GaussianLikelihood

INITIAL_VARIANCE = 0.1  # of standardised observations: a tenth of their variance is noise until more is known
UNDERDISPERSED = 0.5  # variance over mean below which numbers are no counts; a Poisson sample's is about 1
GAIN = 10.0  # a step of Adam changes the variance by 10 times its learning rate: 1 % at 0.001


def likelihood_for(
    values: np.ndarray,
    event_shape: tuple[int, ...],
    moments: tuple[np.ndarray | float, np.ndarray | float] | None = None,
) -> Likelihood:
    """A likelihood by the range of the observed values.

        0 and 1 only                             Bernoulli
        pictures (three axes) within [0, 1]      Bernoulli, which takes grey values
        whole numbers from 0, some above 1       negative binomial, whose dispersion is learned; unless a channel's
                                                 variance is below half of its mean, as that of a sensor with whole
                                                 numbers is (1013 +- 5 hPa): counts vary at least as much as their mean
        anything else                            Gaussian, one learned variance per channel (observations standardised)

    Args:
      values: the observed values, in any shape.
      event_shape: the shape of one observation.
      moments: means and standard deviations of the channels, [C] each; those of all values together if None.

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
    mean, deviation = (np.mean(values), np.std(values)) if moments is None else moments
    if whole and least >= 0 and not np.any(np.square(deviation) < UNDERDISPERSED * np.asarray(mean)):
        return NegativeBinomialLikelihood(1.0, trainable=True)
    variance = np.full(event_shape[-1:] or (1,), INITIAL_VARIANCE)
    return GaussianLikelihood(variance if event_shape else INITIAL_VARIANCE, trainable=True, gain=GAIN)
