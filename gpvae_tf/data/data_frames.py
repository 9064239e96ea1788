"""Long data frames (one row per series, time and covariates) as sequences; `frame_output` leads back."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from gpvae_tf.checks import LARGEST_ERROR
from gpvae_tf.data import frame_columns, frame_rows, time_columns
from gpvae_tf.data.arrays import from_arrays
from gpvae_tf.data.class_columns import ClassColumns
from gpvae_tf.data.frame_layout import FrameLayout
from gpvae_tf.data.frame_roles import roles_of
from gpvae_tf.data.masks import Missing, missing_error
from gpvae_tf.data.named_roles import NamedRoles
from gpvae_tf.data.sequences import SequenceData
from gpvae_tf.data.value_columns import OfValues

if TYPE_CHECKING:
    import pandas as pd


def from_dataframe(
    frame: "pd.DataFrame",
    *,
    time: str,
    values: str | Sequence[str],
    series: str | None = None,
    covariates: str | Sequence[str] = (),
    errors: OfValues = None,
    conditions: str | Sequence[str] = (),
    exposure: OfValues = None,
    classes: ClassColumns = None,
    id_columns: str | Sequence[str] = (),
    require_observed: bool = True,
    conditions_tell_apart: bool = False,
    missing: Missing = "nan",
    **options,
) -> SequenceData:
    """Sequences from a frame in long format: a row for every series and time, in any order.

    Series may have different lengths and irregular times, and rows of one time where their covariates differ, such as
    places on a map: time="x", covariates="y". NaN in a column of values is a missing entry; a row whose
    values are all NaN is a time at which the model fills them in. Observations are vectors of event shape (C,), inputs
    the time (datetimes: seconds since 1970 UTC) and the covariates.

    Args:
      frame: the data. Names of its columns are text, or numbers and whatever else names a column of it.
      time: the column of times: numbers, datetimes with or without a zone, durations, or ISO 8601 text.
      values: columns of numbers, or of classes.
      series: the column of ids, of any type, one column; None if all rows are one series.
      covariates: columns of numbers, or of classes, that are known at every time, as further inputs.
      conditions: such columns as inputs that encoder and decoder see and the kernel does not, such as the age of whom
        a series is of; see `input_roles.InputRoles`.
      errors: the columns of the standard deviations with which values were measured, {"flux": "flux_error"}, or that
        of the only column of values; columns of values that it does not name have none. A value without its error is
        refused.
      exposure: the column that says how long, or among how many, counts were counted, {"cases": "population"}, or that
        of all values but classes; a further input, which has to be known and positive wherever a count is predicted.
      classes: those of the values, covariates and conditions that hold classes, such as texts. Each becomes a channel,
        or an input, of 0 and 1 for every class that it has, or that {"sky": ["clear", "cloudy"]} names, and
        `to_dataframe` makes one column of these again; gaps of values have the most probable class.
      id_columns: those of the covariates that name objects; they are not scaled.
      require_observed: whether a series without any value is refused.
      conditions_tell_apart: whether rows of one series, time and covariates may differ in conditions and exposures
        alone, as those of `queries` may; in data that is a mistake.
      missing: a number, such as -999, that stands for a missing entry of a column of values or of a covariate, and for
        an unknown error, as NaN does in any case; but an error of 0 is one.
      options: of `from_arrays` (batch_size, points_per_batch, shuffle_seed, repeat, standardize).

    Returns:
      The data; series in the order of their first rows. `to_dataframe` leads back.

    Raises:
      ValueError: if a column is absent, not numeric, infinite or without a time or id, two rows have one series, time
        and covariates, or a series has no value at all; of classes see `class_columns.expanded`.
    """
    frame, roles = roles_of(
        frame,
        time=time,
        series=series,
        values=values,
        covariates=covariates,
        conditions=conditions,
        errors=errors,
        exposure=exposure,
        classes=classes,
        missing=missing,
    )
    columns, known, of_classes = roles.values, roles.known, roles.of_classes
    id_columns = frame_columns.listed(id_columns, frame)
    objects = [column for column in roles.covariates if column not in of_classes]
    if strange := [column for column in id_columns if column not in objects]:
        raise ValueError(f"id_columns has {strange[0]!r}, which is not among the covariates {objects} of numbers")
    moments = time_columns.times(frame, time)
    read = functools.partial(frame_columns.numbers, frame, missing=missing)
    advice = dict.fromkeys(roles.exposures, "make numbers of it")
    # 0 and 1 of classes are never `missing`
    cells = lambda name: frame[name] if name in of_classes else read(name, advice.get(name, ""))
    observations = np.stack([cells(name) for name in columns], axis=-1)
    inputs = np.stack([moments, *map(cells, known)], axis=-1)
    _check_known(frame, roles, inputs, observations)
    # An infinite error says beside a missing value that nothing is known.
    read_errors = functools.partial(read, infinite=True, missing=missing_error(missing))
    spread = _errors(read_errors, frame, columns, roles.errors, observations)
    apart = roles.known if conditions_tell_apart else roles.covariates
    rows = frame_rows.rows_by_series(frame, series, time, roles.as_read(apart), inputs[:, : 1 + len(apart)])
    kept = frame[[*roles.others, *(name for name in columns if name not in roles.others)]].copy()
    if missing != "nan":
        for column, there in zip(columns, ~np.isnan(observations.T)):
            kept[column] = kept[column].where(there)
    layout = FrameLayout(kept, roles, rows)
    for name, where in zip(layout.ids, rows):
        if require_observed and np.isnan(observations[where]).all():
            raise ValueError(f"series {name!r} has no value in {', '.join(map(repr, columns))}; leave its rows out")
    return from_arrays(
        [observations[where] for where in rows],
        [inputs[where] for where in rows],
        errors=None if spread is None else [spread[where] for where in rows],
        missing="nan",
        id_columns=[1 + known.index(column) for column in id_columns],
        require_observed=require_observed,
        layout=layout,
        **roles.roles_of_inputs(),
        **options,
    )


def _errors(
    read: Callable[..., np.ndarray],
    frame: "pd.DataFrame",
    values: Sequence[str],
    errors: Mapping[str, str],
    observations: np.ndarray,
) -> np.ndarray | None:
    """Errors of the values, [rows, C]; 0 in columns that have none, None if none has.

    Raises:
      ValueError: if a value has no error, or one that is below 0 or too large; the row is named.
    """
    found = np.zeros(observations.shape)
    for j, column in enumerate(values):
        if column not in errors:
            continue
        found[:, j] = read(errors[column], "make numbers of it")
        bad = ~np.isnan(observations[:, j]) & ~((found[:, j] >= 0.0) & (found[:, j] <= LARGEST_ERROR))
        if bad.any():
            row = int(np.argmax(bad))
            raise ValueError(
                f"column {errors[column]!r} has {found[row, j]:g} in row {frame_columns.label(frame, row)!r}, where "
                f"{column!r} has a value; errors are standard deviations from 0 to {LARGEST_ERROR:g}. Where none is "
                "known, leave the value out"
            )
    return found if errors else None


def _check_known(frame: "pd.DataFrame", roles: NamedRoles, inputs: np.ndarray, observations: np.ndarray) -> None:
    """Refuses what is not known of a row that has values, and exposures that are not positive.

    Args:
      frame, roles: the frame, and what its columns are.
      inputs: [rows, D], as they were read.
      observations: [rows, C].

    Raises:
      ValueError: naming the column and the row.
    """
    has_values = ~np.isnan(observations).all(axis=-1)
    for (what, column), values in zip(roles.what_is_known(), inputs.T[1:], strict=True):
        if (unknown := np.isnan(values) & has_values).any():
            row = frame_columns.label(frame, int(np.argmax(unknown)))
            raise ValueError(
                f"{what} {column!r} is missing in row {row!r}, which has values; {what}s must be known, fill them in "
                "or leave the column out"
            )
        if what == "exposure" and (bad := values <= 0.0).any():
            row = int(np.argmax(bad))
            raise ValueError(
                f"exposure {column!r} is {values[row]:g} in row {frame_columns.label(frame, row)!r}; expected more "
                "than 0: a count that nothing stands behind says nothing, leave the row out"
            )
