"""Likelihoods p(y | z), one file per family: what the decoder's output means."""

from gpvae_tf.likelihoods.base import Distribution, Likelihood
from gpvae_tf.likelihoods.bernoulli import BernoulliLikelihood
from gpvae_tf.likelihoods.categorical import CategoricalLikelihood
from gpvae_tf.likelihoods.counts import NegativeBinomialLikelihood, PoissonLikelihood
from gpvae_tf.likelihoods.entry_distribution import EntryDistribution
from gpvae_tf.likelihoods.gaussian import GaussianLikelihood, HeteroscedasticGaussianLikelihood
from gpvae_tf.likelihoods.measured import errors_for, measured
from gpvae_tf.likelihoods.mixed import MixedLikelihood
from gpvae_tf.likelihoods.one_hot import OneHotLikelihood
from gpvae_tf.likelihoods.parameters import check_channels, learned_exponential, positive_numbers
from gpvae_tf.likelihoods.ranges import check_range, observed_values
from gpvae_tf.likelihoods.student_t import StudentTLikelihood

__all__ = [
    "BernoulliLikelihood",
    "CategoricalLikelihood",
    "Distribution",
    "EntryDistribution",
    "GaussianLikelihood",
    "HeteroscedasticGaussianLikelihood",
    "Likelihood",
    "MixedLikelihood",
    "NegativeBinomialLikelihood",
    "OneHotLikelihood",
    "PoissonLikelihood",
    "StudentTLikelihood",
    "check_channels",
    "check_range",
    "errors_for",
    "learned_exponential",
    "measured",
    "observed_values",
    "positive_numbers",
]
