"""Terms with a value on both sides: how far ours is from theirs, what is to be said of it, and the printed report."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from gpvae_tf.comparison.case import OurValue
from gpvae_tf.comparison.differences import LargestDifference, band, largest_difference, table


class ComparedTerm(NamedTuple):
    """A line of the report: one of our values at the entry where it differs most from theirs.

    Attributes:
      source: name of the case or of the file.
      ours: our value.
      largest: the largest relative difference.
      band: the difference up to which the two count as equal.
    """

    source: str
    ours: OurValue
    largest: LargestDifference
    band: float

    @property
    def verdict(self) -> str:
        """Ok within the band, else the deviation's number, else FAIL; no number excuses a value that is not finite.

        A known deviation may have any size: what the paper's side computes is for other tests to check.
        """
        if self.largest.difference <= self.band:
            return "ok"
        return self.ours.deviation if self.ours.deviation and np.isfinite(self.largest.difference) else "FAIL"


def compare_terms(
    source: str, ours: Sequence[OurValue], theirs: Mapping[str, np.ndarray], rtol: float, rtol_float32: float
) -> list[ComparedTerm]:
    """Each of our values beside theirs.

    Args:
      source: name of the case or of the file.
      ours: at least one value for every term.
      theirs: arrays by term.
      rtol, rtol_float32: bands for numbers that were made in float64 and in float32.

    Raises:
      KeyError: if one side lacks a term of the other.
      ValueError: if the shapes of a term differ.
    """
    terms = {one.term for one in ours}
    if different := terms ^ set(theirs):
        raise KeyError(f"{source}: only one side has a value for {', '.join(sorted(different))}")
    rows = []
    for one in ours:
        value = theirs[one.term]
        try:
            largest = largest_difference(np.asarray(one.value), value)
        except ValueError as error:
            raise ValueError(f"{one.term}: {error}") from error
        rows.append(ComparedTerm(source, one, largest, band(value, rtol, rtol_float32 * one.slack)))
    return rows


def render_terms(rows: Sequence[ComparedTerm], kind: str) -> str:
    """The table, with values at the entry of largest difference, and a line of totals.

    Args:
      rows: what was compared.
      kind: what `source` names, "case" or "file".
    """
    header = (kind, "term", "theirs", "ours", "difference", "band", "deviation")
    verdicts = [row.verdict for row in rows]
    agree, failed, sources = verdicts.count("ok"), verdicts.count("FAIL"), len({row.source for row in rows})
    return (
        f"{table(header, [_cells(row) for row in rows])}\n"
        f"{agree} of {len(rows)} terms of {sources} {kind}{'s' * (sources != 1)} agree, "
        f"{len(rows) - agree - failed} differ by a known deviation (docs/deviations.md), {failed} fail"
    )


def _cells(row: ComparedTerm) -> tuple[str, ...]:
    term = f"{row.ours.term} ({row.ours.variant})" if row.ours.variant else row.ours.term
    largest, verdict = row.largest, row.verdict
    values = (f"{largest.theirs:.7g}", f"{largest.ours:.7g}", f"{largest.difference:.1e}", f"{row.band:.0e}")
    return (row.source, term, *values, "-" if verdict == "ok" else verdict)
