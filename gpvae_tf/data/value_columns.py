"""Columns or variables that say something of those of the values: their known errors, what stands behind counts."""

from collections.abc import Hashable, Mapping, Sequence

OfValues = str | Mapping[str, str] | None  # {"flux": "flux_error"}; or the name of a column alone


def named_columns(argument: str, given: OfValues) -> list[str]:
    """Names of the columns, each once.

    Args:
      argument: what they are called, "errors" or "exposure".
      given: a column, or columns by value.

    Raises:
      ValueError: if it is no such name or mapping.
    """
    if given is None or isinstance(given, (str, int)):  # the columns of a frame may have numbers for names
        return [] if given is None else [given]
    if not isinstance(given, Mapping):
        raise ValueError(f"{argument} is {given!r}; expected {{VALUE: COLUMN}}, or a column alone")
    if strange := [column for column in given.values() if not isinstance(column, Hashable)]:
        raise ValueError(f"{argument} has {strange[0]!r} for the column of a value; expected a name")
    return list(dict.fromkeys(given.values()))


def columns_by_value(argument: str, given: OfValues, values: Sequence[str], *, of_all: bool = False) -> dict[str, str]:
    """The column of every value that has one, in the order of the values.

    Args:
      argument, given: see `named_columns`.
      values: the columns of values.
      of_all: whether a column alone may be that of several values.

    Raises:
      ValueError: if `given` is no such name or mapping, or has something that is no value.
    """
    named_columns(argument, given)
    if isinstance(given, (str, int)):
        if len(values) != 1 and not of_all:
            named = ", ".join(map(str, values))
            raise ValueError(f"{argument} is {given!r}; expected {{VALUE: COLUMN}} with a VALUE of {named}")
        if not values:
            raise ValueError(f"{argument} is {given!r}, and there is no column of numbers that it could be of")
        return dict.fromkeys(values, given)
    if strange := [column for column in given or () if column not in values]:
        raise ValueError(f"{argument} has {strange[0]!r}, which is not among the values {list(values)}")
    return {value: given[value] for value in values if value in given} if given else {}
