"""Every cell of the GP encoder paper's Tables 1, 2 and 10, with the paper's training: 2,000 epochs at rate 0.0005.

The tables of `entries` are what two CPU cores can afford.
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from gpvae_tf.experiments.gp_encoder.entries import DATA_NAMES, GP_NAME
from gpvae_tf.experiments.gp_encoder.experiment import GPEncoderExperiment
from gpvae_tf.experiments.gp_encoder.family_options import COUNTS
from gpvae_tf.experiments.table import Entry

_CONVOLUTIONAL = """
VAE       685.1   930.7  1185.7   347.0   501.6   801.6
SA(1)     688.1   921.2  1172.1   344.1   499.3   792.7
SA(2)     682.2   932.0  1176.3   349.5   501.0   793.1
SA(4)     683.5   925.5  1171.3   342.1   488.2   794.4
SA(8)     684.6   928.1  1183.2   344.8   490.3   799.4
IAF(1)    687.3   934.0  1180.6   347.8   489.9   788.8
IAF(2)    677.7   931.4  1190.1   344.2   494.9   795.7
IAF(4)    685.0   926.3  1178.1   347.9   496.0   775.1
IAF(8)    689.7   934.1  1150.0   343.9   498.8   774.7
HF(1)     682.5   917.2  1204.3   335.5   488.6   795.9
HF(2)     677.6   923.9  1191.5   340.6   495.9   784.5
HF(4)     683.3   927.3  1197.2   343.3   487.0   799.7
HF(8)     679.6   928.5  1184.1   343.3   488.3   794.6
ME(2)     685.7   926.7  1152.8   344.2   491.7   793.4
ME(3)     678.5   933.1  1162.8   350.3   491.2   807.5
ME(4)     680.0   914.7  1205.1   337.7   491.3   732.0
ME(5)     682.0   920.6  1198.5   343.0   478.0   805.7
RME(2)    697.2   943.9  1201.7   349.3   508.2   821.0
RME(3)    698.2   945.1  1202.4   349.9   507.5   820.4
RME(4)    699.0   945.2  1203.1   350.7   509.0   819.9
RME(5)    699.4   945.0  1203.7   351.1   509.1   819.9
GPENC     696.5   944.3  1212.9   354.8   516.3   821.8
"""  # Tables 1 and 2: MNIST with 10, 20 and 50 latents, then OMNIGLOT
_DENSE = """
VAE       563.6   872.6   296.8   519.4
SA(1)     565.1   865.8   297.6   489.0
SA(2)     565.3   868.2   295.3   534.1
SA(4)     565.9   852.9   294.8   497.8
SA(8)     564.9   870.9   299.0   500.0
VLAE(1)   590.0   922.2   307.4   644.0
VLAE(2)   595.1   908.8   307.6   621.4
VLAE(4)   605.2   841.4   318.0   597.7
VLAE(8)   605.7   779.9   316.6   553.1
GPENC     568.7   882.3   302.5   612.5
"""  # Table 10: MNIST with 10 and 50 latents, then OMNIGLOT
_DATASETS = ("mnist", "omniglot")


class _Cell(NamedTuple):
    """A cell of the paper's tables: what its run is, and the number that is printed there."""

    model: str
    number: int | None  # of steps, maps or components
    decoder: str
    dataset: str
    latents: int
    paper: float

    @property
    def group(self) -> str:
        """Such as hf2_omniglot_z20 or vlae4_mnist_z50_dense."""
        dense = "_dense" if self.decoder == "dense" else ""
        return f"{self.model.lower()}{self.number or ''}_{self.dataset}_z{self.latents}{dense}"

    @property
    def about(self) -> str:
        """What it shares with the VAE that it is compared with."""
        dense = ", dense decoder" if self.decoder == "dense" else ""
        return f"{self.dataset.upper()}, {self.latents} latents{dense}"

    @property
    def entry(self) -> Entry:
        """The row of this cell; its name holds data set and latents too, since pictures know models by their names."""
        name = {"GPENC": GP_NAME}.get(self.model, self.model) + (f"({self.number})" if self.number else "")
        given: dict[str, Any] = {"model": self.model, "dataset": self.dataset, "z_dim": self.latents}
        given |= {COUNTS[self.model]: self.number} if self.number else {}
        given |= {"decoder": "dense"} if self.decoder == "dense" else {}
        about = f"{DATA_NAMES[self.dataset]}, 2,000 epochs"
        return Entry(f"{name}, {self.about}", GPEncoderExperiment, given, about, {"test_iwae": self.paper})


def _cells(table: str, decoder: str, sizes: tuple[int, ...]) -> Iterator[_Cell]:
    """The cells of a table, column by column."""
    columns = [(dataset, latents) for dataset in _DATASETS for latents in sizes]
    rows = [line.split() for line in table.strip().splitlines()]
    for column, (dataset, latents) in enumerate(columns):
        for name, *papers in rows:
            model, count = re.fullmatch(r"(\w+)(?:\((\d)\))?", name).groups()  # type: ignore[union-attr]
            yield _Cell(model, int(count) if count else None, decoder, dataset, latents, float(papers[column]))


CELLS = (*_cells(_CONVOLUTIONAL, "conv", (10, 20, 50)), *_cells(_DENSE, "dense", (10, 50)))
_VAES = {cell.about: cell.group for cell in CELLS if cell.model == "VAE"}
SIZES_ENTRIES: Mapping[str, Entry] = MappingProxyType({cell.group: cell.entry for cell in CELLS})
# Group -> group of the VAE with the same decoder, data and number of latents.
SIZES_VAE_OF: Mapping[str, str] = MappingProxyType(
    {cell.group: _VAES[cell.about] for cell in CELLS if cell.model != "VAE"}
)
SIZES_TITLES: Mapping[str, str] = MappingProxyType({group: about for about, group in _VAES.items()})
