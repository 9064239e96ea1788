"""What a column that is not numeric holds, and what makes numbers of it."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def example(cells: "pd.Series") -> tuple[Any, Any] | None:
    """The row, by its label in the index, and the entry that best shows why a column is not numeric.

    The first that is no number, or else the first that is there; None if there are none.
    """
    there = cells[cells.notna()]
    odd = there[~_are_numbers(there)] if _is_text(cells) else there
    shown = (odd if len(odd) else there)[:1]
    return (shown.index.tolist()[0], shown.tolist()[0]) if len(shown) else None


def advice(column: str, cells: "pd.Series") -> str:
    """What to do about a column of values, covariates or conditions that is not numeric.

    Categories are no missing numbers, which pandas.to_numeric would make of them with errors='coerce'.
    """
    name, leave = f"frame[{column!r}]", "leave it out (values=... names the columns that are read)"
    classes = f"name it in classes=[{column!r}] too, which makes columns of 0 and 1 of"
    there = cells[cells.notna()]
    if not _is_text(cells) or not len(there):
        return f"{leave}, or make numbers of it"
    numeric = _are_numbers(there)
    if numeric.all():
        return f"if it is codes, {classes} them; if its text is numbers: {name} = pandas.to_numeric({name})"
    if numeric.any():
        return f"{leave}, {classes} codes, or make NaN of its text: {name} = pandas.to_numeric({name}, errors='coerce')"
    return f"{leave}, or {classes} categories"


def _is_text(cells: "pd.Series") -> bool:
    """Whether it is a column of text, of any objects, or of categories, which mostly are text."""
    import pandas as pd

    types = pd.api.types
    is_category = isinstance(cells.dtype, pd.CategoricalDtype)
    return is_category or types.is_object_dtype(cells.dtype) or types.is_string_dtype(cells.dtype)


def _are_numbers(there: "pd.Series") -> "pd.Series":
    """Whether entries, none of them missing, are numbers or text of one."""
    import pandas as pd

    return pd.to_numeric(there.astype(object), errors="coerce").notna()
