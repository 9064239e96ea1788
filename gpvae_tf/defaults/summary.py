"""What was chosen, in words and in the data's own units."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from gpvae_tf import kernels
from gpvae_tf.defaults.facts import Facts
from gpvae_tf.defaults.priors import KernelChoice
from gpvae_tf.likelihoods import Likelihood, MixedLikelihood


def describe(model: Any, facts: Facts, choice: KernelChoice | None = None) -> str:
    """Some lines on a model that was made from data: networks, likelihood, kernel and inducing points.

    Args:
      model: a latent-GP model.
      facts: those it was made from.
      choice: what its kernel was chosen by; None if it was given.
    """
    scale = facts.input_scale
    networks = {"encoder": model.encoder, "decoder": model.decoder}
    counts = [f"{name} {_weights(network):,} weights" for name, network in networks.items() if network is not None]
    lines = [
        f"{type(model).__name__}: {facts.num_sequences} sequences of {_lengths(facts)} points, observations "
        f"{facts.event_shape}, {_observed(facts)}, {model.latent_dim} latent channels",
        f"  inputs          {_inputs(facts, scale)}",
        f"  likelihood      {_kinds(model.likelihood, facts.channel_names)}"
        + (", observations standardised" if model.scaling.changes_observations else "")
        + (", measured with known errors" if facts.has_errors.any() else "")
        + _exposures(facts),
        *_conditions(facts),
        f"  networks        {', '.join(counts)}",
    ]
    if choice is not None:
        waves = "" if choice.period is None else f", and waves of period {choice.period:g} in the data's units"
        lines.append(f"  kernel          {choice.family}{waves}")
    lengths = kernels.lengths(model.latent_gp)
    has_features = getattr(model, "embedding", None) is not None  # whose columns are none of the data's
    for name, value in kernels.learned(model.latent_gp).items():
        of_columns = lengths.get(name, ())
        own = scale if has_features else _chosen(scale, of_columns)
        in_units = name in lengths and not (has_features and of_columns) and np.any(own != 1.0)
        units = f" ({_short(value * own)} in {_units(facts, of_columns)})" if in_units else ""
        lines.append(f"  {name:<15} {value:.3g}{units}")
    points = getattr(model.latent_gp, "inducing_points", None)
    if points is not None:
        lines.append(f"  inducing        {points.num_points} points")
    return "\n".join(lines)


def _lengths(facts: Facts) -> str:
    """How many points the sequences have, padding left out."""
    shortest, longest = facts.lengths.min(), facts.lengths.max()
    return f"{longest}" if shortest == longest else f"{shortest} to {longest}"


def _observed(facts: Facts) -> str:
    return "everything observed" if facts.share_observed == 1.0 else f"{facts.share_observed:.1%} observed"


def _inputs(facts: Facts, scale: np.ndarray) -> str:
    """How the inputs lie, every column in its own units."""
    extents = f"{_short(facts.extents * scale)} from end to end; the model divides them by {_short(scale)}"
    if facts.input_dim == 1:
        return f"1 column, neighbours {_short(facts.spacing * scale)} apart, {extents}"
    return f"{facts.input_dim} columns, {extents}: nearest points are {facts.spacing:.3g} of that apart"


def _exposures(facts: Facts) -> str:
    """What stands behind the counts, with the mean of every column of it."""
    if not (columns := facts.roles.exposures):
        return ""
    means = facts.of_columns(facts.scaling.input_scale, columns)
    has = facts.roles.has_exposure(facts.num_channels)
    counts = ", ".join(name for name, has_one in zip(facts.channel_names, has) if has_one)
    return f"; {counts} per exposure in {_names(facts, columns)}, {_short(means)} in the mean"


def _conditions(facts: Facts) -> list[str]:
    """A line on what the networks see beside the observations, if they see something."""
    columns = facts.roles.conditions
    return [f"  conditions      of encoder and decoder, in {_names(facts, columns)}"] if columns else []


def _names(facts: Facts, columns: Sequence[int]) -> str:
    """Columns of the inputs."""
    return ", ".join(facts.input_names[column] for column in columns)


def _units(facts: Facts, of_columns: Sequence[kernels.Columns]) -> str:
    """Whose units a length is in: those of all inputs, or of the columns that are left by some choices of them."""
    if not of_columns:
        return "the data's units" if facts.input_dim == 1 else "the units of the columns"
    return f"the units of {', '.join(_chosen(np.array(facts.input_names)[facts.columns], of_columns))}"


def _chosen(values: np.ndarray, of_columns: Sequence[kernels.Columns]) -> np.ndarray:
    """Values of the columns that a kernel sees, [D], which are left by some choices of them."""
    for chosen in of_columns:
        values = values[chosen.columns if isinstance(chosen.columns, slice) else list(chosen.columns)]
    return values


def _kinds(likelihood: Likelihood, names: Sequence[str]) -> str:
    """The kind of a likelihood; of a mixed one, every kind with the names of its channels."""
    if not isinstance(likelihood, MixedLikelihood):
        return type(likelihood).__name__.removesuffix("Likelihood")
    channels: dict[str, list[str]] = {}
    for name, each in zip(names, likelihood.likelihoods, strict=True):
        channels.setdefault(_kinds(each, []), []).append(name)
    return ", ".join(f"{kind} ({', '.join(named)})" for kind, named in channels.items())


def _weights(network: Any) -> int:
    return sum(int(np.prod(variable.shape)) for variable in network.trainable_variables)


def _short(values: np.ndarray) -> str:
    return ", ".join(f"{value:.3g}" for value in np.atleast_1d(values))
