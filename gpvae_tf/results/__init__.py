"""Measured results: rows with what made them, the JSON tables that keep them, and the documents written from those."""

from gpvae_tf.results.report import fill_page, format_against, format_value, full_table, outdated
from gpvae_tf.results.rows import ResultRow, ResultsError, read, summarise, update, write, write_text

__all__ = [
    "ResultRow",
    "ResultsError",
    "fill_page",
    "format_against",
    "format_value",
    "full_table",
    "outdated",
    "read",
    "summarise",
    "update",
    "write",
    "write_text",
]
