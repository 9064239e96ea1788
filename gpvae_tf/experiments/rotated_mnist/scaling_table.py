"""Figures 6 and 7 of SVGP-VAE, 1b of FGP-VAE: error against time per epoch, both against the number of images."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.experiments.rotated_mnist.fgp import FgpExperiment
from gpvae_tf.experiments.rotated_mnist.table import DATASET, FGP, LEARNED, SVGP, RotatedMnistTable, table_entry
from gpvae_tf.experiments.run_logs import Logged
from gpvae_tf.experiments.table import Entry

SIZE_EPOCHS = 100  # of Figure 6
POINTS = {8: 0.5, 16: 1.0, 24: 1.5, 32: 2.0}  # m by inducing points per angle
DIMENSIONS = (8, 16, 24, 32)  # of GPPVAE's object vectors; H is 15 times that
DATA_EPOCHS = 20  # of Figure 7
DIGITS = ("3", "36", "13679", "0123456789")
# Each with the groups of its runs and its training images per digit; FGP-VAE is given 11 of 15 angles of more objects.
BY_DIGITS = {"SVGP-VAE, m = 32": ("digits", 4050), "FGP-VAE": ("fgp_digits", 3960)}


def _entries() -> dict[str, Entry]:
    entries, about = {}, f"{DATASET}, {SIZE_EPOCHS} epochs"
    for m, per_angle in POINTS.items():
        flags = {**SVGP, "nr_inducing_points": per_angle, "opt_regime": (f"joint-{SIZE_EPOCHS}",)}
        entries[f"m{m}"] = table_entry(f"SVGP-VAE, m = {m}", flags, dataset=about)
    half = SIZE_EPOCHS // 2
    for dim in DIMENSIONS:
        flags = {"elbo": "GPVAE_Casale", "opt_regime": (f"VAE-{half}", f"GP-{half}"), "M": dim, **LEARNED}
        entries[f"M{dim}"] = table_entry(f"GPPVAE, H = {15 * dim}", flags, dataset=about)
    for digits in DIGITS:
        about = f"rotated MNIST, digits {digits}, {DATA_EPOCHS} epochs"
        flags = {**SVGP, "dataset": digits, "opt_regime": (f"joint-{DATA_EPOCHS}",)}
        entries[f"digits{digits}"] = table_entry("SVGP-VAE, m = 32", flags, dataset=about)
        flags = {**FGP, "dataset": digits, "nr_epochs": DATA_EPOCHS}
        entries[f"fgp_digits{digits}"] = table_entry("FGP-VAE", flags, experiment=FgpExperiment, dataset=about)
    return entries


class ScalingTable(RotatedMnistTable):
    """What more inducing points, more object dimensions and more images cost and bring."""

    name = "rotated_mnist_scaling"
    entries: Mapping[str, Entry] = _entries()

    def draw_logs(self, found: dict[str, Logged]) -> Iterable[tuple[str, Figure]]:
        """Each figure, if at least two of its runs are complete."""
        point = lambda group, label: _point(found[group], label)
        sizes = {
            "SVGP-VAE": [point(f"m{m}", f"m = {m}") for m in POINTS if f"m{m}" in found],
            "GPPVAE": [point(f"M{dim}", f"H = {15 * dim}") for dim in DIMENSIONS if f"M{dim}" in found],
        }
        if any(sizes.values()):
            yield "figure6", plotting.error_against_time({name: points for name, points in sizes.items() if points})
        by_digits: dict[str, list] = {}
        for name, (prefix, images) in BY_DIGITS.items():
            for digits in (digits for digits in DIGITS if f"{prefix}{digits}" in found):
                seconds, mse, _ = point(f"{prefix}{digits}", digits)
                by_digits.setdefault(name, []).append((images * len(digits), mse, seconds))
        if any(len(runs) > 1 for runs in by_digits.values()):
            yield "figure7", plotting.against_data_size(by_digits)

    def draw(self, base: Path, found: dict[str, Logged]) -> Iterable[tuple[str, Figure]]:
        """Nothing: both figures need logs only."""
        return ()


def _point(logged: Logged, label: str) -> tuple[float, float, str]:
    """Seconds per epoch, final test error and label of a group's first seed."""
    history = logged[0][1]
    return float(np.median(history["seconds"]) / history["data_epoch"][0]), float(history["test_mse"][-1]), label
