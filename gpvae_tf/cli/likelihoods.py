"""The likelihoods that the flags of `gpvae fit` ask for."""

from collections.abc import Sequence

from gpvae_tf.cli.options import FitOptions
from gpvae_tf.defaults.likelihood import likelihood_of_kind
from gpvae_tf.flags.choices import LIKELIHOODS
from gpvae_tf.likelihoods import Likelihood


def asked(options: FitOptions, columns: Sequence[str]) -> Likelihood | dict[int | str, Likelihood]:
    """What --likelihood and --likelihood_of ask for, as `from_data` takes it: one for all columns, or some by name.

    Args:
      options: of the command.
      columns: names of the columns of the observations.

    Raises:
      ValueError: if --likelihood_of is not NAME:KIND, or there is no such column or kind.
    """
    named: dict[int | str, Likelihood] = {}
    for text in options.likelihood_of:
        name, _, kind = text.rpartition(":")
        if name not in columns:
            raise ValueError(f"--likelihood_of={text}: expected NAME:KIND with a NAME of {', '.join(columns)}")
        if kind not in LIKELIHOODS:
            raise ValueError(f"--likelihood_of={text}: expected NAME:KIND with a KIND of {', '.join(LIKELIHOODS)}")
        if name in named:
            raise ValueError(f"--likelihood_of has the column {name} twice")
        named[name] = likelihood_of_kind(kind)
    if options.likelihood == "auto":
        return named
    others = likelihood_of_kind(options.likelihood)
    return {**dict.fromkeys(columns, others), **named} if named else others
