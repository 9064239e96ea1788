"""The inputs of --at: where `gpvae predict` is asked for values of series that are known."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gpvae_tf import data
from gpvae_tf.cli.asked_arrays import inputs_of_npz, there, without_values
from gpvae_tf.cli.reading import missing_value
from gpvae_tf.data import SequenceData
from gpvae_tf.data.frame_columns import check_columns
from gpvae_tf.data.frame_layout import column_roles, ids_of, layout_at
from gpvae_tf.data.layout import kind_of
from gpvae_tf.data.named_roles import NamedRoles
from gpvae_tf.data.netcdf import read_netcdf
from gpvae_tf.data.table_files import TABLES, read_table
from gpvae_tf.data.xarray_known import decoded
from gpvae_tf.data.xarray_layout import XarrayLayout

if TYPE_CHECKING:
    import pandas as pd
    import xarray


def asked_about(path: str, known: SequenceData) -> SequenceData:
    """Those of the known sequences whose ids a table or .nc of --at has; all where it has none of them, or no ids.

    Raises:
      FileNotFoundError: if there is no such file.
    """
    series = known.layout.columns().get("series")
    if series is None or kind_of(there(path)) == ".npz":
        return known
    found = _content(path, known)
    ids = set(np.atleast_1d(decoded(found[series].to_numpy())).tolist()) if series in found else set()
    numbers = [number for number, name in enumerate(ids_of(known)) if name in ids]
    return known.take(numbers) if numbers else known


def load_inputs(path: str, known: SequenceData, missing: str | None = None) -> SequenceData:
    """The inputs of a file as sequences in the order of `known`, whose observations are 0 and mean nothing.

    Args:
      path: a table with the columns of times, ids and covariates that `known` was read from, an .nc with such
        coordinates and variables where `known` is of one, or an .npz with inputs [s, D] or [N, s, D], or times [s] or
        [N, s], and lengths [N] where inputs are padded.
      known: the sequences that predictions rest on.
      missing: what stands for a missing value, see `DataOptions`; covariates have none.

    Raises:
      FileNotFoundError: if there is no such file.
      ValueError: if the file has other sequences, times of another kind, or is of another kind itself.
    """
    source, roles = there(path), column_roles(known)
    if kind_of(source) == ".npz":
        inputs, options = inputs_of_npz(path, known.input_dim, known.layout.time_kind)
        options["batch_size"] = known.batch_size
        asked = without_values(path, inputs, known.num_sequences, known.event_shape, **options)
        if roles is None:
            return asked
        try:
            return dataclasses.replace(asked, layout=layout_at(known, roles, asked.inputs, asked.lengths))
        except ValueError as error:
            raise ValueError(f"--at={path}: {error}") from error
    found = _content(path, known)
    if kind_of(source) in TABLES and roles is not None:  # of which `data.queries` speaks as of a frame
        columns = (roles.time, roles.series, *roles.as_read(roles.known))
        check_columns(found, [column for column in columns if column is not None], f"--at={path}")
    try:
        return data.queries(found, like=known, missing=missing_value(missing) if missing else "nan")
    except ValueError as error:
        raise ValueError(f"--at={path}: {error}") from error


def _content(path: str, known: SequenceData) -> "pd.DataFrame | xarray.Dataset":
    """What a table or an .nc of --at says, as `data.queries` takes it.

    Raises:
      FileNotFoundError: if there is no such file.
      ValueError: if files of this kind do not go with the known data.
    """
    source, roles = there(path), column_roles(known)
    if kind_of(source) in TABLES and roles is not None:
        return _rows(source, roles, ids_of(known))
    of_xarray = isinstance(known.layout, XarrayLayout)
    if kind_of(source) == ".nc" and of_xarray:
        return read_netcdf(source)
    kinds = [*(["a table"] if roles is not None else []), *(["an .nc"] if of_xarray else []), "an .npz"]
    raise ValueError(f"--at={path} ends in {source.suffix!r}; expected {' or '.join(kinds)} for such data")


def _rows(source: Path, roles: NamedRoles, ids: Sequence[Any]) -> "pd.DataFrame":
    """The rows of a table, with ids as text where those of the known data are, though all of these be numbers."""
    column = roles.series
    frame = read_table(source, column, list(roles.classes))
    if column is not None and column in frame.columns and all(isinstance(name, str) for name in ids):
        frame[column] = frame[column].where(frame[column].isna(), frame[column].astype(str))
    return frame
