"""Where the machine keeps data sets that tests compare with, if it has them."""

from pathlib import Path

BESIDE_CHECKOUT = Path(__file__).resolve().parents[3] / "shared" / "data"
