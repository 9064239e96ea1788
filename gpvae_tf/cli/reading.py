"""A user's file as sequences."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from gpvae_tf import data
from gpvae_tf.cli.options import DataOptions
from gpvae_tf.data import SequenceData, class_columns
from gpvae_tf.data.file_formats import reader_of
from gpvae_tf.data.masks import Missing


def load(path: str, reading: DataOptions, **options: Any) -> SequenceData:
    """The sequences of a file or folder.

    Args:
      path: the file.
      reading: columns and the like.
      options: of `data.from_arrays`.

    Raises:
      ValueError: if an option has no meaning for this kind of file, or see `data.load`.
    """
    return data.load(path, **load_arguments(path, reading), **options)


def load_arguments(path: str, reading: DataOptions) -> dict[str, Any]:
    """The options that have a value, as `data.load` takes them.

    Raises:
      ValueError: if one has no meaning for this kind of file, or cannot be read; or if no file of this kind can.
    """
    given = options_that_are_set(reading)
    idle = sorted(set(given) - options_of_kind(path))
    if idle:
        raise ValueError(f"--{idle[0]} has no meaning for {path}")
    given |= {name: list(value) for name, value in given.items() if isinstance(value, tuple)}
    if reading.errors:
        given["errors"] = columns_of_values("errors", reading.errors)
    if reading.exposure:
        of_all = len(reading.exposure) == 1 and ":" not in reading.exposure[0]
        given["exposure"] = reading.exposure[0] if of_all else columns_of_values("exposure", reading.exposure)
    if reading.classes:
        given["classes"] = classes_by_column(reading.classes)
    if reading.missing:
        given["missing"] = missing_value(reading.missing)
    return given


def missing_value(text: str) -> Missing:
    """The value of --missing, "nan" or a number."""
    try:
        return "nan" if text.lower() == "nan" else float(text)
    except ValueError as error:
        raise ValueError(f"--missing={text} is no number; expected nan, or one such as -999") from error


def columns_of_values(flag: str, pairs: Sequence[str]) -> dict[str, str]:
    """The values of --errors or --exposure as columns by the values that they say something of.

    Raises:
      ValueError: if one is not VALUE:COLUMN, or a value has two.
    """
    found: dict[str, str] = {}
    for text in pairs:
        value, _, column = text.rpartition(":")
        if not value or not column or value in found:
            alone = ", or one COLUMN alone for all values" if flag == "exposure" else ""
            raise ValueError(
                f"--{flag}={','.join(pairs)}: expected VALUE:COLUMN,..., every value once{alone}, got {text!r}"
            )
        found[value] = column
    return found


def classes_by_column(texts: Sequence[str]) -> dict[str, list[str] | None]:
    """The values of --classes as classes by columns, None for a column whose classes are those that it has.

    Raises:
      ValueError: if a column is there twice.
    """
    found: dict[str, list[str] | None] = {}
    for text in texts:
        column, is_named, label = text.partition("=")
        if column in found and not (is_named and found[column]):
            raise ValueError(f"--classes={','.join(texts)} has the column {column!r} twice")
        found[column] = [*(found.get(column) or []), label] if is_named else None
    return found


def columns_of(sequences: SequenceData) -> dict[str, Any]:
    """The columns or variables that sequences were read from, as `DataOptions` has them; none without names."""
    columns = sequences.layout.columns()
    for name in ("errors", "exposure"):
        if name in columns:
            columns[name] = [f"{value}:{column}" for value, column in columns[name].items()]
    if "classes" in columns:
        columns["classes"] = [name for each in class_columns.names(columns["classes"]).values() for name in each]
    return columns


def options_that_are_set(reading: DataOptions) -> dict[str, Any]:
    """Those options that have a value."""
    return {f.name: value for f in dataclasses.fields(DataOptions) if (value := getattr(reading, f.name))}


def options_of_kind(path: str) -> set[str]:
    """Names of the options that have a meaning for a kind of file.

    Raises:
      ValueError: if files of this kind are not read.
    """
    return set(reader_of(path).options)
