"""Every likelihood with a decoder's output, observations of it, and its formulas in scipy: nothing of TFP."""

import dataclasses
from collections.abc import Callable

import numpy as np
from scipy import special, stats

from gpvae_tf.likelihoods import (
    BernoulliLikelihood,
    CategoricalLikelihood,
    GaussianLikelihood,
    HeteroscedasticGaussianLikelihood,
    Likelihood,
    MixedLikelihood,
    NegativeBinomialLikelihood,
    OneHotLikelihood,
    PoissonLikelihood,
    StudentTLikelihood,
)

EVENT_SHAPE = (4, 3)
LEAD = (2, 5)
NUM_CLASSES, DISPERSION, CHANNELS = 4, 1.7, np.array([0.3, 2.0, 0.7])
LEVELS = np.array([0.5, 3.0, 20.0])


@dataclasses.dataclass(frozen=True)
class Case:
    """A likelihood and what it has to give.

    Attributes:
      build: makes it; takes `trainable` where `learns`.
      scipy: the frozen distribution of every entry, from the decoder's output.
      observations: values of its support, from a generator and a shape.
      output_tail: the axes that the decoder's output has behind those of an observation.
      learns: whether it has a parameter that can be learned.
      outside: values that have no likelihood.
    """

    build: Callable[..., Likelihood]
    scipy: Callable[[np.ndarray], object]
    observations: Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
    output_tail: tuple[int, ...] = ()
    learns: bool = False
    outside: tuple[float, ...] = ()

    def output(self, rng: np.random.Generator, lead: tuple[int, ...] = LEAD) -> np.ndarray:
        """A decoder's output for observations [*lead, 4, 3], float64."""
        return 1.5 * rng.normal(size=(*lead, *EVENT_SHAPE, *self.output_tail))


class _Classes:
    """scipy's frozen distributions of class numbers have one shape only, so the formulas are written out."""

    def __init__(self, logits: np.ndarray):
        self.p = special.softmax(logits, axis=-1)

    def logpmf(self, values: np.ndarray) -> np.ndarray:
        return np.log(np.take_along_axis(self.p, values[..., None].astype(int), axis=-1)[..., 0])

    def mean(self) -> np.ndarray:
        return self.p @ np.arange(NUM_CLASSES)

    def var(self) -> np.ndarray:
        return self.p @ np.arange(NUM_CLASSES) ** 2 - self.mean() ** 2


class _OneHot:
    """Channels that are one class: y_k log p_k, the variances of indicators."""

    def __init__(self, logits: np.ndarray):
        self.p = special.softmax(logits, axis=-1)

    def logpmf(self, values: np.ndarray) -> np.ndarray:
        return values * np.log(self.p)

    def mean(self) -> np.ndarray:
        return self.p

    def var(self) -> np.ndarray:
        return self.p * (1.0 - self.p)


def _negative_binomial(output: np.ndarray):
    """scipy's p is the probability of a success before the r-th failure ends it: mean r (1 - p) / p."""
    return stats.nbinom(DISPERSION, DISPERSION / (DISPERSION + np.exp(output)))


def _normal(rng, shape):
    return rng.normal(size=shape)


def _counts(rng, shape):
    return rng.poisson(3.0, size=shape).astype(float)


class _Mixed:
    """Channels 0 and 1 normal with the means output[..., :2], channel 2 Poisson with the log rate output[..., 2]."""

    def __init__(self, output: np.ndarray):
        self.real, self.counted = (
            stats.norm(output[..., :2], np.sqrt([0.3, 0.7])),
            stats.poisson(np.exp(output[..., 2])),
        )

    def _joined(self, real: np.ndarray, counted: np.ndarray) -> np.ndarray:
        return np.concatenate([real, counted[..., np.newaxis]], axis=-1)

    def logpmf(self, values: np.ndarray) -> np.ndarray:
        return self._joined(self.real.logpdf(values[..., :2]), self.counted.logpmf(values[..., 2]))

    def mean(self) -> np.ndarray:
        return self._joined(self.real.mean(), self.counted.mean())

    def var(self) -> np.ndarray:
        counted = self.counted.var()
        return self._joined(np.broadcast_to(self.real.var(), (*counted.shape, 2)), counted)


def _mixed(**options) -> MixedLikelihood:
    real = GaussianLikelihood([0.3, 0.7], **options)
    return MixedLikelihood([real, real, PoissonLikelihood()])


def _reals_beside_counts(rng, shape):
    return np.where(np.arange(3) == 2, rng.poisson(3.0, size=shape), rng.normal(size=shape))


CASES = {
    "bernoulli": Case(
        BernoulliLikelihood,
        lambda output: stats.bernoulli(special.expit(output)),
        lambda rng, shape: rng.integers(0, 2, shape).astype(float),
        outside=(-0.1, 255.0, np.nan),
    ),
    "gaussian": Case(
        lambda **options: GaussianLikelihood(0.3, **options),
        lambda output: stats.norm(output, np.sqrt(0.3)),
        _normal,
        learns=True,
    ),
    "gaussian per channel": Case(
        lambda **options: GaussianLikelihood(CHANNELS, **options),
        lambda output: stats.norm(output, np.sqrt(CHANNELS)),
        _normal,
        learns=True,
    ),
    "heteroscedastic": Case(
        lambda: HeteroscedasticGaussianLikelihood(0.01),
        lambda output: stats.norm(output[..., 0], np.sqrt(0.01 + np.logaddexp(0.0, output[..., 1]))),
        _normal,
        output_tail=(2,),
    ),
    "student t": Case(
        lambda **options: StudentTLikelihood(3.5, 0.4, **options),
        lambda output: stats.t(3.5, output, 0.4),
        _normal,
        learns=True,
    ),
    "student t per channel": Case(
        lambda **options: StudentTLikelihood(3.5, CHANNELS, **options),
        lambda output: stats.t(3.5, output, CHANNELS),
        _normal,
        learns=True,
    ),
    "poisson": Case(
        PoissonLikelihood, lambda output: stats.poisson(np.exp(output)), _counts, outside=(-1.0, 0.5, np.nan)
    ),
    "negative binomial": Case(
        lambda **options: NegativeBinomialLikelihood(DISPERSION, **options),
        _negative_binomial,
        _counts,
        learns=True,
        outside=(-1.0, 0.5, np.nan),
    ),
    "poisson at a level": Case(
        lambda: PoissonLikelihood(level=LEVELS),
        lambda output: stats.poisson(np.exp(output) * LEVELS),
        _counts,
        outside=(-1.0, 0.5, np.nan),
    ),
    "negative binomial at a level": Case(
        lambda **options: NegativeBinomialLikelihood(DISPERSION, level=LEVELS, gain=2.0, **options),
        lambda output: _negative_binomial(output + np.log(LEVELS)),
        _counts,
        learns=True,
        outside=(-1.0, 0.5, np.nan),
    ),
    "categorical": Case(
        lambda: CategoricalLikelihood(NUM_CLASSES),
        _Classes,
        lambda rng, shape: rng.integers(0, NUM_CLASSES, shape).astype(float),
        output_tail=(NUM_CLASSES,),
        outside=(-1.0, 4.0, 0.5, np.nan),
    ),
    "one-hot": Case(
        OneHotLikelihood,
        _OneHot,
        lambda rng, shape: np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])],
        outside=(-1.0, 2.0, 0.5, np.nan),
    ),
    "mixed": Case(_mixed, _Mixed, _reals_beside_counts, learns=True),
}
