"""Columns of classes, text mostly, as one column of 0 and 1 for every class, and the way back."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gpvae_tf.data import frame_columns
from gpvae_tf.data.masks import Missing

if TYPE_CHECKING:
    import pandas as pd

_WITH_POINT = re.compile(r"-?(0|[1-9]\d*)\.\d+")
MOST_CLASSES = 100  # of a column; one with more is a text or an id, and would be as many columns

# The columns, or {column: its classes in order}, None for those that are found.
ClassColumns = str | Sequence[str] | Mapping[str, Sequence[str] | None]
Classes = Mapping[str, tuple[str, ...]]


def asked(classes: ClassColumns, frame: "pd.DataFrame | None" = None) -> Mapping[str, Sequence[str] | None]:
    """Classes by their columns, None where those that are found are asked for."""
    return classes if isinstance(classes, Mapping) else dict.fromkeys(frame_columns.listed(classes, frame))


def names(classes: Classes) -> dict[str, list[str]]:
    """The columns of 0 and 1 of every column of classes, "sky=clear" of the class "clear" of "sky"."""
    return {column: [f"{column}={label}" for label in labels] for column, labels in classes.items()}


def all_names(classes: Classes) -> set[str]:
    """The columns of 0 and 1 of all columns of classes."""
    return {name for of_column in names(classes).values() for name in of_column}


def expanded(
    frame: "pd.DataFrame", values: Sequence[str], classes: ClassColumns, missing: Missing
) -> tuple["pd.DataFrame", tuple[str, ...], Classes]:
    """A frame with columns of 0 and 1 for columns of classes, the values with theirs in their place, and the classes.

    Classes are the texts of a column's entries, of numbers without needless zeros: 2 and 0.5. Those of a pandas column
    of categories keep their order, numbers go by size and others by the alphabet. A missing entry, which an empty text
    is too, is missing in all of them.

    Args:
      frame: with all of the columns.
      values: columns of values.
      classes: those of them that hold classes.
      missing: see `from_dataframe`.

    Raises:
      ValueError: if a column of classes is not among the values or has fewer than two classes or more than 100, an
        entry is none of the classes that are given, or another column of values is called as one of 0 and 1 would be.
    """
    found: dict[str, tuple[str, ...]] = {}
    added: dict[str, np.ndarray] = {}
    for column, given in asked(classes, frame).items():
        if column not in values:
            raise ValueError(f"classes has {column!r}, which is not among the values {list(values)}")
        texts, own = _texts(frame, column, missing)
        labels = _checked(column, own if given is None else tuple(map(str, given)))
        known = np.array([text is not None for text in texts])
        if (strange := known & ~np.isin(texts, labels)).any():
            raise ValueError(
                f"column {column!r} has {texts[strange][0]!r} in {frame_columns.rows_at_fault(frame, strange)}, which "
                f"is none of its classes {', '.join(map(repr, labels))}"
            )
        found[column] = labels
        of_column = names({column: labels})[column]
        added |= {name: np.where(known, texts == label, np.nan) for name, label in zip(of_column, labels)}
    if not found:
        return frame, tuple(values), {}
    if twice := added.keys() & set(values):
        raise ValueError(f"values has a column {min(twice)!r}, as that of a class is called; rename it")
    of_columns = names(found)
    listed = tuple(name for column in values for name in of_columns.get(column, (column,)))
    return frame.assign(**added), listed, found


def as_read(values: Sequence[str], classes: Classes) -> list[str]:
    """The columns of values as they are in the data, which `expanded` made others of."""
    column_of = {name: column for column, of_column in names(classes).items() for name in of_column}
    return list(dict.fromkeys(column_of.get(name, name) for name in values))


def add_most_probable(frame: "pd.DataFrame", classes: Classes) -> None:
    """Puts the columns of classes back in front of those of 0 and 1, or of probabilities; missing where these are."""
    for column, of_column in names(classes).items():
        numbers = frame[of_column].to_numpy()
        best = np.array(classes[column], object)[np.argmax(numbers, axis=-1)]
        frame.insert(frame.columns.get_loc(of_column[0]), column, np.where(np.isnan(numbers).any(axis=-1), None, best))


def _texts(frame: "pd.DataFrame", column: str, missing: Missing) -> tuple[np.ndarray, tuple[str, ...]]:
    """The classes of a column's entries [rows], None where one is missing, and those that there are, in their order."""
    import pandas as pd

    cells = frame[column]
    entries, gaps = map(_text, cells.astype(object).where(cells.notna(), "")), ("", _text(missing))
    texts = np.array([None if text in gaps else text for text in entries], object)
    if isinstance(cells.dtype, pd.CategoricalDtype):
        return texts, tuple(map(_text, cells.cat.categories))
    found = sorted({text for text in texts if text is not None})
    numbers = pd.to_numeric(pd.Series(found, dtype=object), errors="coerce")
    return texts, tuple(found if numbers.isna().any() else np.array(found, object)[np.argsort(numbers)])


def _text(cell: Any) -> str:
    """An entry as text, numbers without needless zeros: 1 of 1.0, as pandas has 1 in a column with gaps."""
    text = str(cell)
    return text.rstrip("0").rstrip(".") if _WITH_POINT.fullmatch(text) else text


def _checked(column: str, labels: tuple[str, ...]) -> tuple[str, ...]:
    """Classes of a column.

    Raises:
      ValueError: if they are fewer than two, or more than 100, or one is there twice.
    """
    if not 2 <= len(labels) <= MOST_CLASSES or len(set(labels)) < len(labels):
        shown = ", ".join(map(repr, labels[:5])) + (", ..." if len(labels) > 5 else "")
        raise ValueError(
            f"column {column!r} has {len(labels)} classes{f', {shown}' if labels else ''}; expected 2 to "
            f"{MOST_CLASSES} that differ"
        )
    return labels
