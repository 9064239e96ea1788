"""Where sequences came from: their names, what their times are, and the files that hold them again."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from gpvae_tf.files import expanded

# What times are. Those of datetime64 are UTC and have no time zone, so they stand for dates with one and without.
NUMBERS, DURATIONS, DATES, DATES_IN_UTC = "numbers", "durations", "dates", "dates in UTC"


class Layout:
    """Where some sequences came from, as far as it is known; this one is of data without names.

    Attributes:
      suffixes: of the files that hold the data under their own names, or an .npz, as `kind_of` has them.
    """

    suffixes: ClassVar[Sequence[str]] = (".npz",)

    def take(self, sequences: Any) -> "Layout":
        """The layout of some of the sequences; see `SequenceData.take`."""
        return self

    @property
    def time_kind(self) -> str | None:
        """What the times were before they became numbers; None if it is not known."""
        return None

    @property
    def channel_names(self) -> list[str]:
        """Names of the observations' channels; none if they have none."""
        return []

    @property
    def input_names(self) -> list[str]:
        """Names of the inputs' columns; none if they have none."""
        return []

    @property
    def class_channels(self) -> dict[str, list[int]]:
        """The channels of every column of classes, of 0 and 1, by its name."""
        return {}

    @property
    def ids(self) -> list[Any]:
        """The ids of the series; none if they have none."""
        return []

    def columns(self) -> dict[str, Any]:
        """The columns or variables that were read, as options of `from_dataframe` and `from_xarray`.

        Another file is read by these names, in whatever order it has them and whatever others it has.
        """
        return {}

    def check_added(self, more: Iterable[str]) -> None:
        """Refuses names NAME_MORE that are to be added beside those of the values, where the data have them already.

        Raises:
          ValueError: naming the column or variable.
        """


WITHOUT_NAMES = Layout()


@dataclass(frozen=True)
class ArrayLayout(Layout):
    """Arrays of a file.

    Attributes:
      time_kind: what the times are; None of numbers, which may be seconds since 1970 or anything else.
    """

    time_kind: str | None = None


def kind_of(path: str | os.PathLike) -> str:
    """The kind of a file by its name, in whatever case: its suffix in lower case, such as ".csv"; "" is a folder.

    Everything that asks what a file is asks here, so that no two answers differ.

    Args:
      path: a file or folder that is there, or one to be made, where a name without a suffix is that of a folder.
    """
    path = expanded(path)
    return "" if path.is_dir() else path.suffix.lower()


def array_time_kind(times: np.ndarray) -> str | None:
    """What times in an array are; None of numbers, see `ArrayLayout`."""
    return {"M": DATES_IN_UTC, "m": DURATIONS}.get(times.dtype.kind)
