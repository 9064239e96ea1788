"""What the GP encoder paper prints in its Tables 1, 2 and 10: test log-likelihoods, nats."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

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


class Cell(NamedTuple):
    """What a number of the paper's tables is of."""

    model: str
    number: int | None  # of steps, maps or components
    decoder: str
    dataset: str
    latents: int


def _read(table: str, decoder: str, sizes: tuple[int, ...]) -> Iterator[tuple[Cell, float]]:
    """The cells of a table, column by column."""
    columns = [(dataset, latents) for dataset in _DATASETS for latents in sizes]
    rows = [line.split() for line in table.strip().splitlines()]
    for column, (dataset, latents) in enumerate(columns):
        for name, *papers in rows:
            model, count = re.fullmatch(r"(\w+)(?:\((\d)\))?", name).groups()  # type: ignore[union-attr]
            yield Cell(model, int(count) if count else None, decoder, dataset, latents), float(papers[column])


PUBLISHED: Mapping[Cell, float] = MappingProxyType(
    dict([*_read(_CONVOLUTIONAL, "conv", (10, 20, 50)), *_read(_DENSE, "dense", (10, 50))])
)
