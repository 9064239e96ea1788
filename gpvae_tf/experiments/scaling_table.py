"""Figures 6 and 7 of SVGP-VAE: error against time per epoch, and both against the number of training images."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.experiments.rotated_table import DATASET, LEARNED, SVGP, Entry, RotatedMnistTable
from gpvae_tf.experiments.table import Run, histories

SIZE_EPOCHS = 100  # of Figure 6
POINTS = {8: 0.5, 16: 1.0, 24: 1.5, 32: 2.0}  # m by inducing points per angle
DIMENSIONS = (8, 16, 24, 32)  # of GPPVAE's object vectors; H is 15 times that
DATA_EPOCHS = 20  # of Figure 7
IMAGES = {"3": 4050, "36": 8100, "13679": 20250, "0123456789": 40500}  # by digits


def _entries() -> dict[str, Entry]:
    entries, about = {}, f"{DATASET}, {SIZE_EPOCHS} epochs"
    for m, per_angle in POINTS.items():
        flags = {**SVGP, "nr_inducing_points": per_angle, "opt_regime": (f"joint-{SIZE_EPOCHS}",)}
        entries[f"m{m}"] = Entry(f"SVGP-VAE, m = {m}", flags, None, dataset=about)
    half = SIZE_EPOCHS // 2
    for dim in DIMENSIONS:
        flags = {"elbo": "GPVAE_Casale", "opt_regime": (f"VAE-{half}", f"GP-{half}"), "M": dim, **LEARNED}
        entries[f"M{dim}"] = Entry(f"GPPVAE, H = {15 * dim}", flags, None, dataset=about)
    for digits in IMAGES:
        flags = {**SVGP, "dataset": digits, "opt_regime": (f"joint-{DATA_EPOCHS}",)}
        about = f"rotated MNIST, digits {digits}, {DATA_EPOCHS} epochs"
        entries[f"digits{digits}"] = Entry("SVGP-VAE, m = 32", flags, None, dataset=about)
    return entries


class ScalingTable(RotatedMnistTable):
    """What more inducing points, more object dimensions and more images cost and bring."""

    name = "rotated_mnist_scaling"
    entries: Mapping[str, Entry] = _entries()

    def figures(self, base: Path, runs: Sequence[Run], out: Path) -> list[Path]:
        """Each figure, if at least two of its runs are complete."""
        found = histories(base, runs)
        point = lambda group, label: _point(found[group], label)
        figures: dict[str, Figure] = {}
        sizes = {
            "SVGP-VAE": [point(f"m{m}", f"m = {m}") for m in POINTS if f"m{m}" in found],
            "GPPVAE": [point(f"M{dim}", f"H = {15 * dim}") for dim in DIMENSIONS if f"M{dim}" in found],
        }
        if any(sizes.values()):
            figures["figure6"] = plotting.error_against_time({name: points for name, points in sizes.items() if points})
        digits = [name for name in IMAGES if f"digits{name}" in found]
        if len(digits) > 1:
            seconds, mse, _ = zip(*(point(f"digits{name}", name) for name in digits))
            images = [IMAGES[name] for name in digits]
            figures["figure7"] = plotting.against_data_size(images, {"SVGP-VAE": mse}, {"SVGP-VAE": seconds})
        return [plotting.save(figure, out / f"{self.name}_{name}.png") for name, figure in figures.items()]


def _point(logged: list[tuple[Run, dict[str, np.ndarray]]], label: str) -> tuple[float, float, str]:
    """Seconds per epoch, final test error and label of a group's first seed."""
    history = logged[0][1]
    return float(np.median(history["seconds"]) / history["data_epoch"][0]), float(history["test_mse"][-1]), label
