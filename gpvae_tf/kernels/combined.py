"""Sums and products of kernels, as TFP makes them of k_1 + k_2 and k_1 * k_2."""

from typing import Any

SUM, PRODUCT = "sum", "product"


def combined(kernel: Any) -> tuple[str, list[Any]] | None:
    """How a kernel is made of others, SUM or PRODUCT, and these; None for a kernel by itself."""
    name = type(kernel).__name__  # TFP's classes of both are private
    for how in (SUM, PRODUCT):
        if name.startswith("_") and name.endswith(f"{how.title()}Kernel"):
            return how, list(kernel.kernels)
    return None
