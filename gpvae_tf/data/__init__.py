"""Sequences of your own: from arrays, tables, folders and files to batches, and the way back; no data knows a model."""

from gpvae_tf.data import (
    added_names,
    array_checks,
    class_columns,
    class_texts,
    csv_texts,
    decoded_images,
    distinct,
    file_formats,
    fitted_scaling,
    frame_columns,
    frame_queries,
    frame_roles,
    frame_rows,
    frame_times,
    image_folders,
    layout,
    masks,
    missingness,
    named_roles,
    netcdf_known,
    numeric,
    padding,
    pca,
    pixels,
    row_batches,
    selection,
    table_files,
    text_columns,
    time_columns,
    value_columns,
    written_dates,
)
from gpvae_tf.data.arrays import from_arrays
from gpvae_tf.data.data_frames import from_dataframe
from gpvae_tf.data.file_formats import load
from gpvae_tf.data.frame_layout import FrameLayout
from gpvae_tf.data.frame_output import to_dataframe
from gpvae_tf.data.frame_queries import queries
from gpvae_tf.data.image_folders import FolderLayout, from_folder, to_folder
from gpvae_tf.data.netcdf import from_netcdf
from gpvae_tf.data.netcdf_layout import NetcdfLayout, to_netcdf
from gpvae_tf.data.numeric import as_seconds
from gpvae_tf.data.sequences import SequenceData
from gpvae_tf.data.series_scaling import SeriesLayout, per_series, restore
from gpvae_tf.data.sliding_windows import WindowLayout, stitch, windows

__all__ = [
    "FolderLayout",
    "FrameLayout",
    "NetcdfLayout",
    "SequenceData",
    "SeriesLayout",
    "WindowLayout",
    "added_names",
    "array_checks",
    "as_seconds",
    "class_columns",
    "class_texts",
    "csv_texts",
    "decoded_images",
    "distinct",
    "file_formats",
    "fitted_scaling",
    "frame_columns",
    "frame_queries",
    "frame_roles",
    "frame_rows",
    "frame_times",
    "from_arrays",
    "from_dataframe",
    "from_folder",
    "from_netcdf",
    "image_folders",
    "layout",
    "load",
    "masks",
    "missingness",
    "named_roles",
    "netcdf_known",
    "numeric",
    "padding",
    "pca",
    "per_series",
    "pixels",
    "queries",
    "restore",
    "row_batches",
    "selection",
    "stitch",
    "table_files",
    "text_columns",
    "time_columns",
    "to_dataframe",
    "to_folder",
    "to_netcdf",
    "value_columns",
    "windows",
    "written_dates",
]
