"""Which columns or variables have the known errors of which values."""

from collections.abc import Mapping, Sequence

Errors = str | Mapping[str, str] | None  # {"flux": "flux_error"}; the name alone where there is one value


def error_columns(errors: Errors) -> list[str]:
    """Names of the columns of errors, each once.

    Raises:
      ValueError: if `errors` is no such name or mapping.
    """
    if errors is None or isinstance(errors, (str, int)):  # the columns of a frame may have numbers for names
        return [] if errors is None else [errors]
    if not isinstance(errors, Mapping):
        raise ValueError(f"errors is {errors!r}; expected {{VALUE: COLUMN}}, or the column where there is one value")
    return list(dict.fromkeys(errors.values()))


def errors_by_value(errors: Errors, values: Sequence[str]) -> dict[str, str]:
    """The column of errors of every value that has one.

    Raises:
      ValueError: if `errors` is no such name or mapping, or has something that is no value.
    """
    error_columns(errors)
    if isinstance(errors, (str, int)):
        if len(values) != 1:
            named = ", ".join(map(str, values))
            raise ValueError(f"errors is {errors!r}; expected {{VALUE: COLUMN}} with a VALUE of {named}")
        return {values[0]: errors}
    if strange := [column for column in errors or () if column not in values]:
        raise ValueError(f"errors has {strange[0]!r}, which is not among the values {list(values)}")
    return dict(errors or {})
