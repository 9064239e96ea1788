"""Names of what predictions add to a table or file: NAME_lower beside NAME, where nothing else is called so."""

from collections.abc import Collection, Iterable


def check_added(values: Iterable[str], more: Iterable[str], there: Collection[str], what: str = "column") -> None:
    """Refuses names NAME_MORE that something has already, for it would be replaced.

    Args:
      values: names of the observations' columns or variables.
      more: what is added to every one of them, such as "stddev", "lower" and "upper".
      there: the names that are taken.
      what: what has them, for messages.

    Raises:
      ValueError: naming the first.
    """
    endings, taken = list(more), set(there)
    for value in values:
        for ending in endings:
            added = f"{value}_{ending}"
            if added in taken:
                raise ValueError(
                    f"there is a {what} {added!r} already, which the {ending!r} of {value!r} would replace; rename it "
                    "in the data"
                )
            taken.add(added)
