"""Values that are measured with errors of known size, as instruments and catalogues state them beside every value."""

import numpy as np
import tensorflow as tf

from gpvae_tf.likelihoods.base import Distribution, Likelihood


def errors_for(likelihood: Likelihood, errors: tf.Tensor | None) -> tf.Tensor | None:
    """The errors of values, or None where the likelihood takes none: those that were checked are 0 then."""
    return errors if np.any(likelihood.takes_errors) else None


def measured(likelihood: Likelihood, errors: tf.Tensor | None) -> Likelihood:
    """p(y + errors * a standard normal number | z): the likelihood of what is measured of y, or of y without errors.

    Args:
      likelihood: p(y | z), one that `takes_errors`, at least where these are not 0.
      errors: standard deviations [..., *event], >= 0, of what the observations are; None for none.

    Raises:
      ValueError: if no channel's likelihood takes errors.
    """
    if errors is not None and not np.any(likelihood.takes_errors):
        raise ValueError(
            f"errors are given, and {type(likelihood).__name__} takes none: real numbers with Gaussian noise do"
        )
    return likelihood if errors is None else MeasuredLikelihood(likelihood, errors)


class MeasuredLikelihood(Likelihood):
    """See `measured`."""

    def __init__(self, likelihood: Likelihood, errors: tf.Tensor):
        super().__init__(name="measured_likelihood")
        self._likelihood, self._errors = likelihood, errors
        self.placeholder, self.support = likelihood.placeholder, likelihood.support

    def entries(self, output: tf.Tensor) -> Distribution:
        return self._likelihood.measured_entries(output, tf.cast(self._errors, output.dtype))
