"""The likelihood that the values of a data set suggest, channel by channel where columns are of several kinds."""

import inspect
from collections.abc import Mapping, Sequence

import numpy as np

from gpvae_tf import likelihoods
from gpvae_tf.defaults.facts import Facts
from gpvae_tf.flags.choices import LIKELIHOODS
from gpvae_tf.likelihoods import (
    BernoulliLikelihood,
    GaussianLikelihood,
    Likelihood,
    MixedLikelihood,
    NegativeBinomialLikelihood,
    OneHotLikelihood,
)

NOISE = 0.1  # a tenth of the observations' variance is noise until more is known
UNDERDISPERSED = 0.5  # variance over mean below which numbers are no counts; a Poisson sample's is about 1
CHANCE = 0.05  # of seeing no 2 in counts, above which 0 and 1 may be such counts
GAIN = 10.0  # a step of Adam changes the variance by 10 times its learning rate: 1 % at 0.001


Given = Likelihood | str  # or one of the names in `flags.choices.LIKELIHOODS`


def likelihood_for(facts: Facts, given: Given | Mapping[int | str, Given] | None = None) -> Likelihood:
    """A likelihood by the range of the observed values.

        0 and 1 only                             Bernoulli
        pictures (three axes) within [0, 1]      Bernoulli, which takes grey values
        a channel of which 0 and 1 both were     Bernoulli, beside what the others are (`MixedLikelihood`); but a count
        observed, and nothing else               beside counts where 1s are so rare that a 2 may just not have come yet
        channels of a column of classes          one-hot, whatever is given for all others
        counts with an exposure                  negative binomial
        others: whole numbers from 0             negative binomial, whose dispersion is learned; unless a channel's
                                                 variance is below half of its mean, as that of a sensor with whole
                                                 numbers is (1013 +- 5 hPa): counts vary at least as much as their mean
        anything else, and what has errors       Gaussian, one learned variance per channel (observations standardised)

    Counts start at the mean of their channel, those of a given likelihood that has no level too
    (`Likelihood.at_level`), and a tenth of their variance is noise at first, as it is of real numbers.

    Args:
      facts: of the data set.
      given: likelihoods of some channels, by number or by name, for which none is chosen; or one for all. "bernoulli",
        "gaussian", "student_t", "poisson" and "negative_binomial" stand for those that learn their parameter.

    Raises:
      TypeError: if it is something else.
      ValueError: if the values are those of 8-bit pictures, 0, ..., 255, which are no counts, or a channel that is
        given a likelihood does not exist, or is given two; if there is none of a name, or exposures are of no counts.
    """
    means, classes = np.asarray(facts.standardized.offset), _of_classes(facts)
    if given is not None and not isinstance(given, Mapping):
        of_all = _made(given)
        if not classes:
            return of_all.at_level(means)
        given = {channel: of_all for channel in range(facts.num_channels) if channel not in classes}
    fixed = _by_number(facts, given or {})
    if taken := fixed.keys() & classes.keys():
        name = facts.channel_names[min(taken)]
        raise ValueError(f"likelihood is given for the channel {name!r}, which is a class of a column that has one")
    fixed |= classes
    rest = [channel for channel in range(facts.num_channels) if channel not in fixed]
    has_exposure = facts.roles.has_exposure(facts.num_channels)
    exposed = [channel for channel in rest if has_exposure[channel]]
    chosen = fixed | _of_exposed(facts, exposed) | _chosen(facts, [each for each in rest if each not in exposed])
    each = [chosen[channel] for channel in range(facts.num_channels)]
    found = each[0] if all(one is each[0] for one in each) else MixedLikelihood(each)
    return found.at_level(means)


def likelihood_of_kind(name: str) -> Likelihood:
    """The likelihood of a name, "poisson" say, whose parameter is learned if it has one.

    Raises:
      ValueError: if there is none, with those that there are.
    """
    if name not in LIKELIHOODS:
        raise ValueError(f"likelihood is {name!r}; expected one of {', '.join(LIKELIHOODS)}, or a likelihood")
    kind = getattr(likelihoods, LIKELIHOODS[name])
    options = {"trainable": True, "gain": GAIN}
    return kind(**{name: value for name, value in options.items() if name in inspect.signature(kind).parameters})


def _made(given: Given) -> Likelihood:
    """A likelihood that is given by itself or by name."""
    if isinstance(given, str):
        return likelihood_of_kind(given)
    if not isinstance(given, Likelihood):
        found = given.__name__ if isinstance(given, type) else f"a {type(given).__name__}"
        raise TypeError(
            f"likelihood is {found}; expected a Likelihood, one of {', '.join(LIKELIHOODS)}, or a mapping of channels "
            "to such"
        )
    return given


def _by_number(facts: Facts, given: Mapping[int | str, Given]) -> dict[int, Likelihood]:
    """Likelihoods by the numbers of their channels."""
    names = list(facts.channel_names)
    found: dict[int, Likelihood] = {}
    for key, likelihood in given.items():
        number = names.index(key) if key in names else key
        if not isinstance(number, int) or not 0 <= number < facts.num_channels:
            raise ValueError(f"likelihood is given for the channel {key!r}; there are {', '.join(names)}")
        if number in found:
            raise ValueError(f"likelihood is given for the channel {names[number]!r} twice")
        found[number] = _made(likelihood)
    return found


def _of_classes(facts: Facts) -> dict[int, Likelihood]:
    """The likelihood of every channel that is a class of a column, one object for those of one column."""
    found: dict[int, Likelihood] = {}
    for channels in facts.class_channels.values():
        found |= dict.fromkeys(channels, OneHotLikelihood())
    return found


def _of_exposed(facts: Facts, channels: list[int]) -> dict[int, Likelihood]:
    """One likelihood for channels with an exposure, which are counts whatever else they might be.

    Raises:
      ValueError: if one has other values.
    """
    for channel in channels:
        if facts.has_errors[channel]:
            raise ValueError(
                f"exposure is given for {facts.channel_names[channel]!r}, which has errors of measurement: counts have "
                "none"
            )
        if not facts.is_whole[channel] or facts.minimum[channel] < 0:
            raise ValueError(
                f"exposure is given for {facts.channel_names[channel]!r}, which has values that are no counts, whole "
                "numbers from 0 on; {VALUE: COLUMN} says which values it is for"
            )
    return dict.fromkeys(channels, _counts(*_moments(facts, channels))) if channels else {}


def _chosen(facts: Facts, channels: list[int]) -> dict[int, Likelihood]:
    """Likelihoods of some channels; those of a kind share one object."""
    if not channels:
        return {}
    low, high, is_whole = facts.minimum[channels], facts.maximum[channels], facts.is_whole[channels]
    picture, least, most, whole = len(facts.event_shape) == 3, np.min(low), np.max(high), np.all(is_whole)
    if least >= 0 and most <= 1 and (whole or (picture and not np.any(facts.has_errors))):
        return dict.fromkeys(channels, BernoulliLikelihood())
    if picture and whole and least >= 0 and most <= 255:
        raise ValueError(
            f"observations has whole numbers from {least:g} to {most:g}, as 8-bit pictures have: divide them by 255, "
            "or give a likelihood"
        )
    binary = is_whole & (low == 0) & (high == 1) & (not picture)  # a constant 0 or 1 may be a sensor that is off
    if _are_counts(facts, np.asarray(channels)[~binary].tolist()):
        binary &= ~_may_be_rare_counts(facts, channels)
    yes_or_no, others = np.asarray(channels)[binary].tolist(), np.asarray(channels)[~binary].tolist()
    return dict.fromkeys(yes_or_no, BernoulliLikelihood()) | dict.fromkeys(others, _of_numbers(facts, others))


def _are_counts(facts: Facts, channels: Sequence[int]) -> bool:
    """Whether all values of some channels may be counts, which vary as much as their mean or more."""
    mean, deviation = _moments(facts, channels)
    is_whole = facts.is_whole[channels] & (facts.minimum[channels] >= 0)
    return bool(np.all(is_whole & (np.square(deviation) >= UNDERDISPERSED * mean)))


def _may_be_rare_counts(facts: Facts, channels: Sequence[int]) -> np.ndarray:
    """Whether Poisson counts of a channel's mean might have shown no value above 1, boolean, for each channel."""
    mean, _ = _moments(facts, channels)
    above_one = -np.expm1(-mean) - mean * np.exp(-mean)  # probability of a Poisson variable
    return (1.0 - above_one) ** facts.num_observed > CHANCE


def _of_numbers(facts: Facts, channels: list[int]) -> Likelihood:
    """One likelihood for channels of numbers, counts or measured."""
    if _are_counts(facts, channels):
        return _counts(*_moments(facts, channels))
    return GaussianLikelihood(np.full(len(channels), NOISE), trainable=True, gain=GAIN)


def _moments(facts: Facts, channels: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of some channels."""
    return np.asarray(facts.standardized.offset)[channels], np.asarray(facts.standardized.scale)[channels]


def _counts(mean: np.ndarray, deviation: np.ndarray) -> NegativeBinomialLikelihood:
    """Counts of channels with some mean and standard deviation [C], at which training starts."""
    level = np.where(mean > 0, mean, 1.0)
    return NegativeBinomialLikelihood(level**2 / (NOISE * deviation**2), trainable=True, gain=GAIN, level=level)
