"""Columns of classes, text mostly, as one column of 0 and 1 for every class, and the way back."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from gpvae_tf.data import class_texts, frame_columns
from gpvae_tf.data.masks import Missing

if TYPE_CHECKING:
    import pandas as pd

_MOST_NAMED = 6  # of classes, in a message
MOST_CLASSES = 100  # of a column; one with more is a text or an id, and would be as many columns

# The columns, or {column: its classes in order}, None for those that are found; None for no column.
ClassColumns = str | Sequence[str] | Mapping[str, Sequence[str] | None] | None
Classes = Mapping[str, tuple[str, ...]]


def asked(classes: ClassColumns, frame: "pd.DataFrame | None" = None) -> Mapping[str, Sequence[str] | None]:
    """Classes by their columns, None where those that are found are asked for."""
    if isinstance(classes, Mapping):
        return classes
    return dict.fromkeys(() if classes is None else frame_columns.listed(classes, frame))


def names(classes: Classes) -> dict[str, list[str]]:
    """The columns of 0 and 1 of every column of classes, "sky=clear" of the class "clear" of "sky"."""
    return {column: [f"{column}={label}" for label in labels] for column, labels in classes.items()}


def all_names(classes: Classes) -> set[str]:
    """The columns of 0 and 1 of all columns of classes."""
    return {name for of_column in names(classes).values() for name in of_column}


def expanded(
    frame: "pd.DataFrame",
    values: Sequence[str],
    known: Sequence[str],
    classes: ClassColumns,
    missing: Missing,
    others: Iterable[str] = (),
) -> tuple["pd.DataFrame", Classes]:
    """A frame with columns of 0 and 1 beside columns of classes, and the classes.

    Classes are the texts of a column's entries, 1 of 1.0 where all entries are whole numbers, as pandas has those of a
    column with gaps. Those of a pandas column of categories keep their order, numbers go by size and others by the
    alphabet. A missing entry, which an empty text is too, is missing in all of them and is no class. Of what is known
    a category that no row has is none either: a network would have learned nothing of it.

    Args:
      frame: with all of the columns.
      values: of the observations.
      known: covariates and conditions.
      classes: those of both that hold classes.
      missing: see `from_dataframe`.
      others: further columns that are read, whose names no class can have.

    Raises:
      ValueError: if a column of classes is not among the columns or has fewer than two classes or more than 100, an
        entry is none of the classes that are given, or another column that is read is called as one of 0 and 1 would
        be; see `class_texts.entries`.
    """
    found: dict[str, tuple[str, ...]] = {}
    added: dict[str, np.ndarray] = {}
    columns = (*values, *known)
    for column, given in asked(classes, frame).items():
        if column not in columns:
            raise ValueError(f"classes has {column!r}, which is no value, covariate or condition: {list(columns)}")
        named = None if given is None else class_texts.given_classes(column, given, missing)
        texts = class_texts.entries(frame, column, missing, named)
        labels = class_texts.in_order(frame[column], texts, missing) if named is None else named
        if named is None and column in known:
            seen = set(texts)
            labels = tuple(label for label in labels if label in seen)
        _check_labels(column, labels)
        there = np.array([text is not None for text in texts])
        if (strange := there & ~np.isin(texts, labels)).any():
            raise ValueError(
                f"column {column!r} has {texts[strange][0]!r} in {frame_columns.rows_at_fault(frame, strange)}, which "
                f"is none of its classes {_short(labels)}: classes={{{column!r}: [...]}} names those that are to come "
                "when a model is made"
            )
        found[column] = labels
        of_column = names({column: labels})[column]
        if twice := added.keys() & set(of_column):  # of "a" the class "b=c", and of "a=b" the class "c"
            raise ValueError(f"classes has two columns with a class called {min(twice)!r}; rename one of the two")
        added |= {name: np.where(there, texts == label, np.nan) for name, label in zip(of_column, labels)}
    if taken := added.keys() & {*columns, *others}:
        raise ValueError(
            f"frame has a column {min(taken)!r}, as that of a class is called; rename it. Tables that were filled in "
            "have such columns: values=... names those that are read"
        )
    return (frame.assign(**added) if added else frame), found


def _short(labels: Sequence[str]) -> str:
    """The first labels, and how many more there are."""
    more = f" and {len(labels) - _MOST_NAMED} more" if len(labels) > _MOST_NAMED else ""
    return ", ".join(map(repr, labels[:_MOST_NAMED])) + more


def in_place(columns: Sequence[str], classes: Classes) -> tuple[str, ...]:
    """Columns with those of 0 and 1 in the place of columns of classes."""
    of_columns = names(classes)
    return tuple(name for column in columns for name in of_columns.get(column, (column,)))


def as_read(columns: Sequence[str], classes: Classes) -> list[str]:
    """Columns as they are in the data, each once, with those of classes in the place of theirs of 0 and 1."""
    return list(dict.fromkeys(origin(name, classes) for name in columns))


def origin(name: str, classes: Classes) -> str:
    """The column of classes that a column of 0 and 1 is of; any other column as it is."""
    return next((column for column, of_column in names(classes).items() if name in of_column), name)


def check_one_class(inputs: Mapping[str, np.ndarray], classes: Classes) -> None:
    """Refuses columns of 0 and 1 that say of a row that it has no class, or several.

    Args:
      inputs: [rows] by the names of their columns, not all of which are of classes.
      classes: not all of which are among them.

    Raises:
      ValueError: naming the columns and the row.
    """
    for of_column in names(classes).values():
        if of_column[0] in inputs:
            entries = np.stack([inputs[name] for name in of_column], axis=-1)
            bad = ~(np.isin(entries, (0.0, 1.0)).all(axis=-1) & (entries.sum(axis=-1) == 1.0))
            if bad.any():
                row = int(np.argmax(bad))
                raise ValueError(
                    f"inputs has {entries[row].tolist()} for {', '.join(map(repr, of_column))} in point {row}; a 1 "
                    "for one class is expected, and 0 for the others"
                )


def add_most_probable(frame: "pd.DataFrame", classes: Classes) -> None:
    """Puts the columns of classes back in front of those of 0 and 1, or of probabilities; missing where these are."""
    for column, of_column in names(classes).items():
        numbers = frame[of_column].to_numpy()
        best = np.array(classes[column], object)[np.argmax(numbers, axis=-1)]
        frame.insert(frame.columns.get_loc(of_column[0]), column, np.where(np.isnan(numbers).any(axis=-1), None, best))


def _check_labels(column: str, labels: tuple[str, ...]) -> None:
    """Refuses the classes of a column.

    Raises:
      ValueError: if they are fewer than two, or more than 100, or one is there twice.
    """
    if not 2 <= len(labels) <= MOST_CLASSES or len(set(labels)) < len(labels):
        shown = ", ".join(map(repr, labels[:5])) + (", ..." if len(labels) > 5 else "")
        raise ValueError(
            f"column {column!r} has {len(labels)} classes{f', {shown}' if labels else ''}; expected 2 to "
            f"{MOST_CLASSES} that differ, or the names of all in classes={{{column!r}: [...]}} where these are but some"
        )
