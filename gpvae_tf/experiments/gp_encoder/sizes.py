"""Every cell of the GP encoder paper's Tables 1, 2 and 10, with the paper's training: 2,000 epochs at rate 0.0005.

The tables of `entries` are what two CPU cores can afford.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from gpvae_tf.experiments.gp_encoder.entries import DATA_NAMES, GP_NAME
from gpvae_tf.experiments.gp_encoder.experiment import GPEncoderExperiment
from gpvae_tf.experiments.gp_encoder.family_options import COUNTS
from gpvae_tf.experiments.gp_encoder.published import PUBLISHED, Cell
from gpvae_tf.experiments.table import Entry


def _group(cell: Cell) -> str:
    """Such as hf2_omniglot_z20 or vlae4_mnist_z50_dense."""
    dense = "_dense" if cell.decoder == "dense" else ""
    return f"{cell.model.lower()}{cell.number or ''}_{cell.dataset}_z{cell.latents}{dense}"


def _about(cell: Cell) -> str:
    """What it shares with the VAE that it is compared with."""
    dense = ", dense decoder" if cell.decoder == "dense" else ""
    return f"{cell.dataset.upper()}, {cell.latents} latents{dense}"


def _entry(cell: Cell, paper: float) -> Entry:
    """The row of a cell; its name holds data set and latents too, since pictures know models by their names."""
    name = {"GPENC": GP_NAME}.get(cell.model, cell.model) + (f"({cell.number})" if cell.number else "")
    given: dict[str, Any] = {"model": cell.model, "dataset": cell.dataset, "z_dim": cell.latents}
    given |= {COUNTS[cell.model]: cell.number} if cell.number else {}
    given |= {"decoder": "dense"} if cell.decoder == "dense" else {}
    about = f"{DATA_NAMES[cell.dataset]}, 2,000 epochs"
    return Entry(f"{name}, {_about(cell)}", GPEncoderExperiment, given, about, {"test_iwae": paper})


_VAES = {_about(cell): _group(cell) for cell in PUBLISHED if cell.model == "VAE"}
SIZES_ENTRIES: Mapping[str, Entry] = MappingProxyType(
    {_group(cell): _entry(cell, paper) for cell, paper in PUBLISHED.items()}
)
# Group -> group of the VAE with the same decoder, data and number of latents.
SIZES_VAE_OF: Mapping[str, str] = MappingProxyType(
    {_group(cell): _VAES[_about(cell)] for cell in PUBLISHED if cell.model != "VAE"}
)
SIZES_TITLES: Mapping[str, str] = MappingProxyType({group: about for about, group in _VAES.items()})
