"""What is refused of rows or variables at which to predict, whichever kind of data they are."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gpvae_tf.data import class_texts, frame_columns
from gpvae_tf.data.frame_layout import ids_of
from gpvae_tf.data.masks import Missing
from gpvae_tf.data.sequences import SequenceData
from gpvae_tf.data.series_scaling import layout_before

if TYPE_CHECKING:
    import pandas as pd


def check_none_missing(
    frame: "pd.DataFrame", what: str, column: str, classes: Sequence[str] | None, missing: Missing
) -> None:
    """Refuses a covariate, condition or exposure that is missing somewhere.

    Args:
      frame: has the column.
      what: what it is called in messages.
      column: its name.
      classes: those of a column of classes; None if it holds numbers.
      missing: what stands for a missing entry, see `from_dataframe`.

    Raises:
      ValueError: naming the first such row.
    """
    if classes is None:
        unknown = np.isnan(frame_columns.numbers(frame, column, missing=missing))
    else:
        unknown = np.array([text is None for text in class_texts.entries(frame, column, missing, classes)])
    if unknown.any():
        row = frame_columns.label(frame, int(np.argmax(unknown)))
        raise ValueError(f"{what} {column!r} is missing in row {row!r}; a prediction needs all of them")


def in_order_of(like: SequenceData, asked: SequenceData, time: str, source: str) -> SequenceData:
    """Queries in the order of the series that are known, scaled as these are.

    Args:
      like: the data that predictions rest on.
      asked: the queries, in the order in which they were read.
      time: what the times are called in messages.
      source: what the queries were read from, in messages.

    Raises:
      ValueError: if the times are of another kind, or a series is in one of both only.
    """
    kind = layout_before(like).time_kind
    if asked.layout.time_kind != kind:
        raise ValueError(f"{time} has times that are {asked.layout.time_kind}; expected {kind}, as the known data have")
    places = _places(asked.layout.ids, ids_of(like), source)
    return dataclasses.replace(asked.take(places), scaling=like.scaling)


def _places(found: list, expected: list, source: str) -> list[int]:
    """Where the series of `like` are among those that are asked about.

    Raises:
      ValueError: if one of them is in one of both only.
    """
    places = {name: number for number, name in enumerate(found)}
    everything = set(expected)
    for name in (*expected, *found):
        if name not in places or name not in everything:
            where, other = ("known data", source) if name not in places else (source, "known data")
            raise ValueError(
                f"series {name!r} is in the {where} and not in the {other}; expected the same in both (`take` "
                "chooses some of the known data)"
            )
    return [places[name] for name in expected]
