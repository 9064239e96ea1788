"""Training in stages by --opt_regime (SVGP-VAE's scripts): VAE-N, GP-N, joint-N, N epochs each."""

import re
from collections.abc import Sequence

REGIME_HELP = "Stages VAE-N, GP-N or joint-N, N epochs each, separated by spaces or commas."
_REGIME = re.compile(r"(VAE|GP|joint)-([1-9]\d*)")


def read_regimes(texts: Sequence[str]) -> list[tuple[str, int]]:
    """Stages with their epochs.

    Raises:
      ValueError: if there is none, or one is written in another way.
    """
    wrong = [text for text in texts if not _REGIME.fullmatch(text)]
    if wrong or not texts:
        raise ValueError(f"--opt_regime must list VAE-N, GP-N or joint-N, N epochs each, got {wrong or 'nothing'}")
    parts = (text.split("-") for text in texts)
    return [(stage, int(epochs)) for stage, epochs in parts]
