"""The dtype of kernel algebra beside the precision of the networks, for experiments that have a GP."""

GP_DTYPES = ("float32", "float64")
GP_DTYPE_HELP = "dtype of the kernel algebra; variables stay float32 unless --precision=float64."


def check_dtypes(precision: str, gp_dtype: str) -> None:
    """Refuses float32 kernel algebra beside float64 networks.

    Raises:
      ValueError: naming both flags.
    """
    if precision == "float64" and gp_dtype == "float32":
        raise ValueError("--precision=float64 makes everything float64; it contradicts --gp_dtype=float32")


def variable_dtype(precision: str) -> str:
    """dtype of the kernel's and the prior's variables."""
    return "float64" if precision == "float64" else "float32"
