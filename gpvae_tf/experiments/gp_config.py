"""The configuration of experiments that have a GP: the dtype of its algebra beside the precision of the networks."""

import dataclasses
from typing import Any

from gpvae_tf.experiments.config import Config
from gpvae_tf.flags.options import option


@dataclasses.dataclass(frozen=True)
class GPConfig(Config):
    """Options of every script whose models have a GP."""

    gp_dtype: str = option(
        "float64",
        "dtype of the kernel algebra; variables stay float32 unless --precision=float64.",
        choices=("float32", "float64"),
    )

    @property
    def dtypes(self) -> dict[str, Any]:
        """dtypes of the kernel algebra, and of the kernel's and the prior's variables."""
        return {"dtype": self.gp_dtype, "variable_dtype": "float64" if self.precision == "float64" else "float32"}

    def check(self) -> None:
        """Refuses float32 kernel algebra beside float64 networks.

        Raises:
          ValueError: naming both flags.
        """
        if self.precision == "float64" and self.gp_dtype == "float32":
            raise ValueError("--precision=float64 makes everything float64; it contradicts --gp_dtype=float32")
