"""A model from data in one line: what is not given is chosen by the data (`gpvae_tf.defaults`)."""

import dataclasses
import warnings
from typing import Any, TypeVar

import numpy as np

from gpvae_tf import defaults, networks
from gpvae_tf._keras import Network
from gpvae_tf.checks import at_least_one, check_takes_errors
from gpvae_tf.defaults.priors import POINTS_PER_PERIOD
from gpvae_tf.likelihoods import Likelihood
from gpvae_tf.models.building import BuildsNetworks, encoder_shape
from gpvae_tf.scaling import Scaling

Model = TypeVar("Model", bound="FromData")


class FromData(BuildsNetworks):
    """Mixed into latent-GP models: `from_data`.

    Attributes:
      kernel_argument: the name of the class's argument that is the kernel.
    """

    kernel_argument = "kernel"

    @classmethod
    def from_data(
        cls: type[Model],
        data: defaults.DataLike,
        latent_dim: int = 6,
        *,
        units: int = 128,
        policy: str = "float32",
        verbose: bool = True,
        period: float | None = None,
        kernel_dtype: str = "float64",
        **given: Any,
    ) -> Model:
        """A model for a data set, ready for `compile` and `fit`.

        The likelihood follows the range of the values (`defaults.likelihood_for`), the networks the shape of the
        observations (`networks.event_encoder`, which sees the logarithm of counts), the kernel's length scales and the
        inducing points the spacing of the inputs (`gpvae_tf.defaults`), and the scaling is the data's, standardised for
        real values. Where values were measured with errors, the encoder sees these too (`mask_channel`), and their
        likelihood is Gaussian. Inputs that never change within a sequence are warned of: the kernel sees nothing of
        them. The networks' first weights follow Keras' seed: call `tf_keras.utils.set_random_seed` before for the same
        ones again; the model's `seed` is that of its draws.

        Args:
          data: what `data.from_arrays`, `from_dataframe`, `from_folder` or `windows` returns.
          latent_dim: L.
          units: units of the networks' fully connected layers.
          policy: the networks' Keras dtype policy.
          verbose: whether to print what was chosen.
          period: of what repeats in the data, in the unit of the first input column (seconds for dates): the kernel
            then has waves of that period (`defaults.kernel_for`).
          kernel_dtype: dtype of the kernel algebra; "float32" is for graphics cards that are slow in float64.
          given: any arguments of the model's class, which are then not chosen. `likelihood` may be a name, "bernoulli",
            "gaussian", "student_t", "poisson" or "negative_binomial", or a mapping from names or numbers of channels to
            theirs: those of the others are chosen; in the place of one of counts without a
            `level` the model has another, whose level is the mean of the data. `kernel` may be the name of a family,
            "matern12", "matern32", "matern52" or "rbf", whose length scales are chosen.

        Raises:
          TypeError, ValueError: if `data` is of another kind, values of a likelihood without a place for errors have
            some, nothing is observed of a channel, the model has no kernel that a family or a period could be of, or
            see the model's class.
        """
        at_least_one("latent_dim", latent_dim), at_least_one("units", units)
        choice = _kernel_choice(given, period, kernel_dtype)
        facts = defaults.Facts.of(data)
        facts.check_channels()
        uneven = facts.has_errors.any() or facts.roles.exposures
        if uneven and given.get("encoder") is None:  # else all values count alike in its output
            given.setdefault("mask_channel", True)
        chosen: dict[str, Any] = {"event_shape": facts.event_shape, "latent_dim": latent_dim}
        likelihood = defaults.likelihood_for(facts, given.pop("likelihood", None))
        check_takes_errors(facts.has_errors, likelihood.takes_errors)
        chosen |= {"likelihood": likelihood, "scaling": _scaling(facts, likelihood)}
        chosen |= {"roles": facts.roles} if facts.roles else {}
        chosen |= cls.networks_for(facts, likelihood, latent_dim, bool(given.get("mask_channel")), units, policy)
        prior = cls.prior_for(facts, latent_dim, choice)
        has_kernel = cls.kernel_argument in prior.keys() - given.keys()
        if choice != defaults.KernelChoice() and not has_kernel:
            raise ValueError(
                f"{cls.__name__} has no kernel that is left to choose; kernel={choice.family!r}, "
                f"period={choice.period} and kernel_dtype={choice.dtype!r} have no meaning"
            )
        if has_kernel and not given.get("embedding"):
            _warn_of_constants(facts)
        if choice.period is not None:
            chosen_points = prior.get("inducing_points") if "inducing_points" not in given else None
            _warn_of_fast_waves(facts, choice, chosen_points and chosen_points.num_points)
        chosen |= prior
        model = cls(**chosen | given)
        if verbose:
            print(defaults.describe(model, facts, choice if has_kernel else None))
        return model

    @classmethod
    def networks_for(
        cls, facts: defaults.Facts, likelihood: Likelihood, latent_dim: int, mask_channel: bool, units: int, policy: str
    ) -> dict[str, Any]:
        """Encoder and decoder, as arguments of the class."""
        num_conditions = cls.num_conditions + len(facts.roles.conditions)
        seen, width = encoder_shape(facts.event_shape, mask_channel, num_conditions), latent_dim + num_conditions
        output_shape = likelihood.output_shape(facts.event_shape)
        sizes: dict[str, Any] = dict(units=units, policy=policy)
        counts = np.flatnonzero(np.broadcast_to(likelihood.takes_counts, facts.num_channels))
        levels = np.asarray(facts.standardized.offset)[counts]
        return {
            "encoder": cls.encoder_for(seen, latent_dim, counts=counts.tolist(), levels=levels.tolist(), **sizes),
            "decoder": networks.event_decoder(output_shape, width, event_shape=facts.event_shape, **sizes),
        }

    @classmethod
    def encoder_for(cls, seen: tuple[int, ...], latent_dim: int, **options: Any) -> Network:
        """The encoder of what it sees of one observation."""
        return networks.event_encoder(seen, latent_dim, **options)

    @classmethod
    def prior_for(cls, facts: defaults.Facts, latent_dim: int, choice: defaults.KernelChoice) -> dict[str, Any]:
        """Kernel, inducing points and whatever else the class needs of the data; nothing here."""
        return {}


def _kernel_choice(given: dict[str, Any], period: float | None, dtype: str) -> defaults.KernelChoice:
    """The family, which is taken from what is given, the period and the dtype.

    Raises:
      ValueError: see `KernelChoice`, or if something is chosen for what is a whole kernel.
    """
    if isinstance(given.get("kernel"), str):
        return defaults.KernelChoice(given.pop("kernel"), period, dtype)
    choice = defaults.KernelChoice(period=period, dtype=dtype)
    if "kernel" in given and choice != defaults.KernelChoice():
        raise ValueError(f"kernel is a kernel, which has its own period and dtype; got period={period} and {dtype} too")
    return choice


def _scaling(facts: defaults.Facts, likelihood: Likelihood) -> Scaling:
    """Real-valued channels are standardised; others are what the likelihood says they are."""
    as_it_is, standardized, real = facts.scaling, facts.standardized, likelihood.takes_any_value
    if not np.any(real):
        return as_it_is
    offset = np.where(real, standardized.offset, as_it_is.offset)
    return dataclasses.replace(as_it_is, offset=offset, scale=np.where(real, standardized.scale, as_it_is.scale))


def _warn_of_constants(facts: defaults.Facts) -> None:
    """Warns of inputs that differ between sequences only, where every sequence has a function of its own."""
    if columns := facts.constant_columns:
        warnings.warn(
            f"inputs has the same value within every sequence in column {', '.join(map(str, columns))}: the kernel "
            "compares points of one sequence, so that such a covariate changes nothing. Let the networks see it "
            "(conditions=), leave it out, or observe it as a further channel",
            stacklevel=3,
        )


def _warn_of_fast_waves(facts: defaults.Facts, choice: defaults.KernelChoice, num_points: int | None) -> None:
    """Warns of a period that the data are too coarse to show, or else of inducing points too far apart to hold it.

    Args:
      facts: of the data.
      choice: with a period.
      num_points: inducing points that were chosen; None without.
    """
    period, scaled = choice.period, choice.scaled_period(facts)
    assert period is not None and scaled is not None
    num_waves = float(np.ptp(facts.points[:, 0])) / scaled
    if scaled < 2.0 * facts.spacing_in_time:
        apart = facts.spacing_in_time * period / scaled
        warnings.warn(
            f"period={period:g} is less than two distances of neighbouring inputs, {apart:g} apart, so that hardly "
            "anything shows it; it is in the unit of the first input column, seconds for dates",
            stacklevel=3,
        )
    elif num_points is not None and num_points < POINTS_PER_PERIOD * num_waves:
        warnings.warn(
            f"period={period:g} is passed {num_waves:.4g} times by the data, and {num_points} inducing points "
            "cannot hold so many waves: give more (inducing_points=), or take MarkovGPVAE or GPVAE (--model=markov)",
            stacklevel=3,
        )
