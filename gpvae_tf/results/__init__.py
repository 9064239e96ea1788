"""Measured results: rows with what made them, the JSON tables that keep them, and the documents written from those."""

from gpvae_tf.results.report import compact_table, docs_page, fill_readme, format_against, format_value, outdated
from gpvae_tf.results.rows import ResultRow, ResultsError, read, summarise, update, write, write_text

__all__ = [
    "ResultRow",
    "ResultsError",
    "compact_table",
    "docs_page",
    "fill_readme",
    "format_against",
    "format_value",
    "outdated",
    "read",
    "summarise",
    "update",
    "write",
    "write_text",
]
