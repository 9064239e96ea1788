"""Choices of a flag that several commands and scripts have."""

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16", "float64")
