"""Measured results: rows with their provenance, the JSON tables that hold them, and the documents made of those."""

from gpvae_tf.results.pooling import pool, pooled
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
    "pool",
    "pooled",
    "read",
    "summarise",
    "update",
    "write",
    "write_text",
]
