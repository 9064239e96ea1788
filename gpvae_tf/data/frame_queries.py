"""Rows of a data frame at which to predict, such as those of next week, as sequences beside those that are known."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gpvae_tf.data import class_texts, frame_columns
from gpvae_tf.data.data_frames import from_dataframe
from gpvae_tf.data.frame_layout import column_roles, ids_of
from gpvae_tf.data.masks import Missing
from gpvae_tf.data.sequences import SequenceData
from gpvae_tf.data.series_scaling import layout_before

if TYPE_CHECKING:
    import pandas as pd


def queries(frame: "pd.DataFrame", *, like: SequenceData, missing: Missing = "nan") -> SequenceData:
    """Sequences without any value, at the times and covariates of a frame, in the order of the series of `like`.

    `model.predict_y(like.example, asked.inputs)` predicts there, a batch of `in_order()` of both after the other where
    there are several, and `to_dataframe(mean, like=asked, lower=..., upper=...)` is the frame with the predictions.
    Where batches are of points (`points_per_batch`), `like.example` has but the first of them:
    `model.condition_on(like.in_order()).predict_y(asked.inputs)` has all.

    Args:
      frame: a row for every series and time, in any order, with the columns of ids, times and whatever else is known
        of every time that `like` was read from. Others, those of values included, are not looked at. Several rows may
        have one time, to ask what would be under other conditions.
      like: the data that predictions rest on, from `from_dataframe`, from `from_netcdf` where every channel is a
        variable, or from `per_series` of such; `restore` brings predictions for these back first, with like=the data of
        `per_series`.
      missing: what stands for a missing covariate, see `from_dataframe`; none may be missing here.

    Returns:
      The sequences, whose `inputs` [N, s, D] are padded to the longest; nothing of them is observed.

    Raises:
      ValueError: if `like` has no such names, the frame has other series or times of another kind, or see
        `from_dataframe`.
    """
    layout, roles = layout_before(like), column_roles(like)
    if roles is None:
        raise ValueError(
            "like does not come from from_dataframe, or variables of from_netcdf that are a channel each; predict_y "
            "takes inputs [N, s, D] as they are"
        )
    columns = layout.columns() | {"errors": None}
    keys = [column for column in (roles.series, roles.time, *roles.as_read(roles.known)) if column is not None]
    frame_columns.check_columns(frame, keys)
    for what, column in dict.fromkeys(roles.what_is_known()):
        if (unknown := _is_missing(frame, column, roles.classes.get(column), missing)).any():
            row = frame_columns.label(frame, int(np.argmax(unknown)))
            raise ValueError(f"{what} {column!r} is missing in row {row!r}; a prediction needs all of them")
    empty = frame[keys].copy()
    empty[columns["values"]] = np.nan
    asked = from_dataframe(
        empty, **columns, require_observed=False, conditions_tell_apart=True, batch_size=like.batch_size
    )
    if asked.layout.time_kind != layout.time_kind:
        raise ValueError(
            f"column {roles.time!r} has times that are {asked.layout.time_kind}; expected {layout.time_kind}, as the "
            "known data have"
        )
    return dataclasses.replace(asked.take(_places(asked.layout.ids, ids_of(like))), scaling=like.scaling)


def _is_missing(frame: "pd.DataFrame", column: str, classes: Sequence[str] | None, missing: Missing) -> np.ndarray:
    """Where a column of numbers, or of classes, has no entry."""
    if classes is None:
        return np.isnan(frame_columns.numbers(frame, column, missing=missing))
    return np.array([text is None for text in class_texts.entries(frame, column, missing, classes)])


def _places(found: list, expected: list) -> list[int]:
    """Where the series of `like` are among those of the frame.

    Raises:
      ValueError: if one of them is in one of both only.
    """
    places = {name: number for number, name in enumerate(found)}
    everything = set(expected)
    for name in (*expected, *found):
        if name not in places or name not in everything:
            where, other = ("known data", "frame") if name not in places else ("frame", "known data")
            raise ValueError(
                f"series {name!r} is in the {where} and not in the {other}; expected the same in both (`take` "
                "chooses some of the known data)"
            )
    return [places[name] for name in expected]
