"""Where to predict, such as at the times of next week, as sequences beside those that are known."""

from typing import TYPE_CHECKING

import numpy as np

from gpvae_tf.data import frame_columns
from gpvae_tf.data.data_frames import from_dataframe
from gpvae_tf.data.frame_layout import column_roles
from gpvae_tf.data.masks import Missing
from gpvae_tf.data.query_checks import check_none_missing, in_order_of
from gpvae_tf.data.sequences import SequenceData
from gpvae_tf.data.series_scaling import layout_before
from gpvae_tf.data.xarray_layout import XarrayLayout
from gpvae_tf.data.xarray_queries import of_dataset

if TYPE_CHECKING:
    import pandas as pd
    import xarray


def queries(at: "pd.DataFrame | xarray.Dataset", *, like: SequenceData, missing: Missing = "nan") -> SequenceData:
    """Sequences without any value, at the times and covariates of a frame, in the order of the series of `like`.

    `model.predict_y(like.example, asked.inputs)` predicts there, a batch of `in_order()` of both after the other where
    there are several, and `to_dataframe(mean, like=asked, lower=..., upper=...)` is the frame with the predictions.
    Where batches are of points (`points_per_batch`), `like.example` has but the first of them:
    `model.condition_on(like.in_order()).predict_y(asked.inputs)` has all.

    Args:
      at: a frame with a row for every series and time, in any order, with the columns of ids, times and whatever else
        is known of every time that `like` was read from. Others, those of values included, are not looked at. Several
        rows may have one time, to ask what would be under other conditions. For data of `from_xarray` or `from_netcdf`
        also a data set with a coordinate of time and such variables; without the dimension of the series all of them
        are asked about, and `to_xarray` and `to_netcdf` make data sets of the predictions.
      like: the data that predictions rest on, from `from_dataframe`, from `from_xarray` (for a frame where every
        channel is a variable), or from `per_series` of such; `restore` brings predictions for these back first, with
        like=the data of `per_series`.
      missing: what stands for a missing covariate, see `from_dataframe`; none may be missing here.

    Returns:
      The sequences, whose `inputs` [N, s, D] are padded to the longest; nothing of them is observed.

    Raises:
      ValueError: if `like` has no such names, `at` has other series or times of another kind, or see `from_dataframe`
        and `from_xarray`.
    """
    import pandas as pd

    if isinstance(at, pd.DataFrame):
        return _of_frame(at, like, missing)
    if not isinstance(layout_before(like), XarrayLayout):
        raise ValueError(f"at is {type(at).__name__}; expected a data frame, or for data of from_xarray a data set")
    return of_dataset(at, like, missing)


def _of_frame(frame: "pd.DataFrame", like: SequenceData, missing: Missing) -> SequenceData:
    """The queries of a frame; see `queries`."""
    roles = column_roles(like)
    if roles is None:
        raise ValueError(
            "like does not come from from_dataframe, or variables of from_xarray that are a channel each; predict_y "
            "takes inputs [N, s, D] as they are"
        )
    columns = roles.columns() | {"errors": None}
    keys = [column for column in (roles.series, roles.time, *roles.as_read(roles.known)) if column is not None]
    frame_columns.check_columns(frame, keys)
    for what, column in dict.fromkeys(roles.what_is_known()):
        check_none_missing(frame, what, column, roles.classes.get(column), missing)
    empty = frame[keys].copy()
    empty[columns["values"]] = np.nan
    asked = from_dataframe(
        empty, **columns, require_observed=False, conditions_tell_apart=True, batch_size=like.batch_size
    )
    return in_order_of(like, asked, f"column {roles.time!r}", "frame")
