"""Sequences as a long data frame, with the ids, times and names that they came with."""

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from gpvae_tf.data import class_columns, frame_columns
from gpvae_tf.data.frame_layout import FrameLayout, column_roles, layout_at
from gpvae_tf.data.named_roles import NamedRoles
from gpvae_tf.data.sequences import SequenceData
from gpvae_tf.data.series_scaling import in_units, layout_before
from gpvae_tf.data.sliding_windows import WindowLayout

if TYPE_CHECKING:
    import pandas as pd


def to_dataframe(values: Any = None, *, like: SequenceData, **more: Any) -> "pd.DataFrame":
    """Arrays of the shape of the observations as a long frame, with the ids, times, names and index of the original.

    A column of classes has the observed class, and where that is missing the most probable one, beside the columns of
    the probabilities, to which nothing is added; one of covariates or conditions has its classes alone.

    Args:
      values: [N, n, C], such as imputations; the observations with NaN where missing if None. Entries that are the
        observed ones come back in the precision that was given; those that were filled in have no error beside them.
      like: the data, from `from_dataframe`, `from_xarray` or `from_netcdf`; from `from_arrays` with event shape (C,),
        columns are called series, time, input_1, ..., value_0, .... If they went through `per_series`, all arrays are
        those that `restore` returns.
      more: further arrays [N, n, C], such as lower=..., upper=...; column "x" gets the columns "x_lower", "x_upper".

    Returns:
      The frame; rows are in the original order.

    Raises:
      ValueError: if an array has another shape, the data are no vectors or windows of others, or they have a column
        of a name that would be added.
    """
    layout = layout_before(like)
    if isinstance(layout, WindowLayout):
        raise ValueError("like are windows; give what stitch makes of them, and like=the data that were cut")
    layout = layout if isinstance(layout, FrameLayout) else _default_layout(like)
    layout.check_added(more)
    rows = np.concatenate(layout.rows)
    order = np.argsort(rows, kind="stable")
    roles = layout.roles
    result = layout.frame[roles.others].iloc[rows[order]].copy()
    own = np.stack([frame_columns.numbers(layout.frame, column) for column in roles.values], axis=-1)[rows]
    columns = own
    if values is not None:
        columns = _flat("values", values, like)
        kept = (columns == _flat("observations", in_units(like), like)) & ~np.isnan(own)
        columns = np.where(kept, own, columns)
    filled = np.isnan(own) & ~np.isnan(columns)
    for j, name in enumerate(roles.values):
        result[name] = columns[order, j]
    class_columns.add_most_probable(result, roles.classes)
    result = result.drop(columns=[name for name in roles.known if name in roles.of_classes])
    for name in set(roles.errors.values()):  # a value that was filled in has none
        of_values = [j for j, value in enumerate(roles.values) if roles.errors.get(value) == name]
        result[name] = result[name].mask(filled[order][:, of_values].all(axis=1))
    for suffix, array in more.items():
        flat = _flat(suffix, array, like)[order]
        for name in layout.numbers:
            result[f"{name}_{suffix}"] = flat[:, roles.values.index(name)]
    return result


def _flat(name: str, values: Any, like: SequenceData) -> np.ndarray:
    """[sum of lengths, C] float64."""
    array = np.asarray(values)
    if array.shape != like.observations.shape:
        raise ValueError(
            f"{name} has shape {array.shape}; expected {like.observations.shape}, that of the observations"
        )
    return np.concatenate(like.unpadded(array)).astype(np.float64)


def _default_layout(like: SequenceData) -> FrameLayout:
    """Columns for data that came from arrays, or from variables, whose names they have."""
    import pandas as pd

    if len(like.event_shape) != 1:
        raise ValueError(f"observations have event shape {like.event_shape}; a frame holds vectors of shape (C,) only")
    inputs, values = (np.concatenate(like.unpadded(array)) for array in (like.inputs, in_units(like)))
    if like.mask is not None:
        known = np.concatenate(like.unpadded(like.mask))
        values = np.where(known if known.ndim == 2 else known[:, np.newaxis], values, np.nan)
    if (named := column_roles(like)) is not None:
        layout = layout_at(like, named, like.inputs, like.lengths)
        return dataclasses.replace(layout, frame=layout.frame.assign(**dict(zip(named.values, values.T))))
    number = np.repeat(np.arange(like.num_sequences), like.lengths)
    covariates = tuple(f"input_{j}" for j in range(1, like.input_dim))
    names = tuple(f"value_{j}" for j in range(like.event_shape[0]))
    columns = {"series": number, **dict(zip(("time", *covariates), inputs.T)), **dict(zip(names, values.T))}
    rows = np.split(np.arange(len(number)), np.cumsum(like.lengths)[:-1])
    roles = NamedRoles("series", "time", names, covariates)
    return FrameLayout(pd.DataFrame(columns), roles, rows)
