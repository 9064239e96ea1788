"""Rows whose seeds were run apart, such as on two machines, put together."""

import dataclasses
import math
import re
from collections.abc import Iterable
from pathlib import Path

from gpvae_tf.results.rows import ResultRow, ResultsError, read, update

_SEED = re.compile(r" --seed=\d+")


def pool(path: str | Path, rows: Iterable[ResultRow]) -> list[ResultRow]:
    """Adds rows to a table, each to the seeds of the row with its key, if that has others.

    Returns:
      The rows as they are in the table now.

    Raises:
      ResultsError: if seeds of a row are there already, or see `pooled` and `rows.update`; the table is left as it was.
    """
    there = {row.key: row for row in read(path)} if Path(path).exists() else {}
    return update(path, [pooled(there[row.key], row) if row.key in there else row for row in rows])


def pooled(first: ResultRow, second: ResultRow) -> ResultRow:
    """The row that all seeds of two rows give together; mean and standard deviation follow from theirs.

    With n values each of mean m and standard deviation s, the squares about the common mean add up to
    (n_1 - 1) s_1^2 + (n_2 - 1) s_2^2 + n_1 n_2 / (n_1 + n_2) (m_1 - m_2)^2.

    Runs of one command stop early at epochs of their own, of which the row has the last, as it has in a table of all
    seeds (`experiments.table`).

    Raises:
      ResultsError: if they are not of one number of one model, have a seed in common, or one has none.
    """
    is_one_command = len({_SEED.sub("", row.command) for row in (first, second)}) == 1
    for name in ("key", "unit", *(() if is_one_command else ("epochs",)), "paper"):
        there, given = getattr(first, name), getattr(second, name)
        if there != given:
            raise ResultsError(f"{first.model}, {first.metric}: {name} is {there!r} in one row, {given!r} in the other")
    n, m = len(first.seeds), len(second.seeds)
    if not n or not m or set(first.seeds) & set(second.seeds):
        raise ResultsError(
            f"{first.model}, {first.metric}: seeds must be different ones, got {list(first.seeds)} and "
            f"{list(second.seeds)}"
        )
    squares = [(len(row.seeds) - 1) * (row.sd or 0.0) ** 2 for row in (first, second)]
    squares.append(n * m / (n + m) * (first.value - second.value) ** 2)
    times = [row.seconds_per_epoch for row in (first, second) for _ in row.seeds if row.seconds_per_epoch is not None]
    commits = f"{first.commit}, {second.commit}".split(", ")
    return dataclasses.replace(
        first,
        value=(n * first.value + m * second.value) / (n + m),
        sd=math.sqrt(sum(squares) / (n + m - 1)),
        seeds=(*first.seeds, *second.seeds),
        epochs=max((row.epochs for row in (first, second) if row.epochs is not None), default=None),
        seconds_per_epoch=sum(times) / len(times) if times else None,
        commit=", ".join(dict.fromkeys(commits)),
        date=max(first.date, second.date),
    )
