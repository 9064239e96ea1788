"""The models that are compared on every data set: each a row, with what it does not leave to `from_data`."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from gpvae_tf.likelihoods import GaussianLikelihood, HeteroscedasticGaussianLikelihood


class Candidate(NamedTuple):
    """A model.

    Attributes:
      title: name of its row.
      model: its class.
      make: the arguments of `from_data`, made anew for every training.
      per_series: whether every series is standardised by itself (`data.per_series`).
    """

    title: str
    model: str = "GPVAE"
    make: Callable[[], dict[str, Any]] = dict
    per_series: bool = False


HIDDEN = (0.0, 0.3)  # share of the entries that training hides; of whole points where frames are missing
MOTIONS: Mapping[str, Candidate] = {
    "gp": Candidate("exact GP-VAE"),
    "hiding": Candidate("exact GP-VAE, 30 % hidden in training", make=lambda: {"hiding": HIDDEN}),
    "decoder": Candidate(
        "exact GP-VAE, 30 % hidden in training, noise from the decoder",
        make=lambda: {"hiding": HIDDEN, "likelihood": HeteroscedasticGaussianLikelihood()},
    ),
    "series": Candidate(
        "exact GP-VAE, 30 % hidden in training, standardised per series",
        make=lambda: {"hiding": HIDDEN},
        per_series=True,
    ),
    "vae": Candidate("VAE", "VAE"),
}
VIDEOS: Mapping[str, Candidate] = {
    "gp": Candidate("exact GP-VAE", make=lambda: {"likelihood": _pixels()}),
    "hiding": Candidate(
        "exact GP-VAE, 30 % of the frames hidden in training",
        make=lambda: {"likelihood": _pixels(), "hiding": HIDDEN[::-1]},
    ),
}


def _pixels() -> GaussianLikelihood:
    """Grey values with noise of one learned variance; values are standardised."""
    return GaussianLikelihood(0.1, trainable=True, gain=10.0)
