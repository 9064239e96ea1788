"""Entries of a column of classes as texts, which are the names of the classes."""

import collections
import math
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gpvae_tf.data import frame_columns
from gpvae_tf.data.masks import Missing

if TYPE_CHECKING:
    import pandas as pd

_WHOLE = re.compile(r"-?(0|[1-9]\d*)\.0")
_PLAIN = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")  # a number; "007" is a code


def entries(frame: "pd.DataFrame", column: str, missing: Missing, given: Sequence[str] | None) -> np.ndarray:
    """The classes of a column's entries as texts, [rows]; None where one is missing.

    A number is called as the only class that is `given` of its size, "250.00" of 250: where a frame has numbers alone
    in a column it has them as numbers, and another one, which has "V58" too, as text. TRUE is True where that is given.

    Raises:
      ValueError: if it has whole numbers so large that its dtype does not tell them from their neighbours.
    """
    import pandas as pd

    cells, there = frame[column], frame[column].notna().to_numpy()
    is_real = pd.api.types.is_float_dtype(cells.dtype)
    if is_real and (merged := there & (abs(cells.to_numpy(float, na_value=0.0)) >= 2.0 / _resolution(cells))).any():
        row = int(np.argmax(merged))
        raise ValueError(
            f"column {column!r} has {cells.iloc[row]:.17g} in row {frame_columns.label(frame, row)!r}, and "
            f"{cells.dtype} does not tell such whole numbers apart; read them as text, or as integers (Int64 where "
            "some are missing)"
        )
    found = np.full(len(frame), None, object)
    found[there] = _texts(cells.array[there], given or ())
    if given and pd.api.types.is_numeric_dtype(cells.dtype):
        called = _by_size(given)
        found[there] = [text if text in given else called.get(_number(text), text) for text in found[there]]
    if given and (words := _truth_values(given)):
        found[there] = [text if text in given else words.get(text.lower(), text) for text in found[there]]
    found[there] = [None if _is_gap(text, missing) else text for text in found[there]]
    return found


def _texts(cells: Iterable, given: Sequence[str] = ()) -> list[str]:
    """Entries as texts, 1 of 1.0 where all are whole numbers that are no classes that are given as they are."""
    texts = [str(cell) for cell in cells]
    if all(map(_WHOLE.fullmatch, texts)) and not set(texts) <= set(given):
        return [text.removesuffix(".0") for text in texts]
    return texts


def in_order(cells: "pd.Series", texts: np.ndarray, missing: Missing) -> tuple[str, ...]:
    """The classes that a column has: categories in their order, numbers by size, others by the alphabet."""
    import pandas as pd

    if isinstance(cells.dtype, pd.CategoricalDtype):
        return tuple(text for text in _texts(cells.cat.categories) if not _is_gap(text, missing))
    found = sorted({text for text in texts if text is not None})
    numbers = [_number(text) for text in found]
    return tuple(found if np.isnan(numbers).any() else [found[i] for i in np.argsort(numbers, kind="stable")])


def given_classes(column: str, labels: Any, missing: Missing) -> tuple[str, ...]:
    """Classes that are given, as texts, without those that stand for a missing entry, as `unique()` has them.

    Raises:
      ValueError: if they are not several.
    """
    import pandas as pd

    if isinstance(labels, str) or not isinstance(labels, Iterable):
        raise ValueError(f"classes has {labels!r} for {column!r}; expected the list of its classes, or None")
    texts = _texts(label for label in labels if not pd.isna(label))
    return tuple(text for text in texts if not _is_gap(text, missing))


def _is_gap(text: str, missing: Missing) -> bool:
    """Whether a text stands for a missing entry."""
    return text == "" or (missing != "nan" and bool(_PLAIN.fullmatch(text)) and float(text) == missing)


def _by_size(labels: Sequence[str]) -> dict[float, str]:
    """The classes that are numbers, by these, but for those that are the same number."""
    numbers = [(_number(label), label) for label in labels]
    times = collections.Counter(number for number, _ in numbers)
    return {number: label for number, label in numbers if times[number] == 1}


def _truth_values(labels: Sequence[str]) -> dict[str, str]:
    """The classes true and false, where there are no others, by small letters, as R and Excel have them in capitals."""
    found = {label.lower(): label for label in labels}
    return found if found.keys() == {"true", "false"} and len(labels) == 2 else {}


def _number(text: str) -> float:
    """The number that a text is; NaN if it is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _resolution(cells: "pd.Series") -> float:
    """The distance from 1 to the next number of a column of floats."""
    return float(np.finfo(getattr(cells.dtype, "numpy_dtype", cells.dtype)).eps)
