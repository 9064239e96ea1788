"""The moving ball's numbers and figures (SVGP-VAE Section 4.1, Figures 1 to 4)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.evaluation.trajectories import affine_fit
from gpvae_tf.experiments.moving_ball.experiment import BallExperiment
from gpvae_tf.experiments.registry import load_experiment
from gpvae_tf.experiments.run_logs import Logged, folders, histories
from gpvae_tf.experiments.table import Entry, Table
from gpvae_tf.experiments.table_runs import Run
from gpvae_tf.files.readers import DamagedFileError
from gpvae_tf.results import ResultRow
from gpvae_tf.training.history import at_step, columns

STEPS = 25000  # the authors' default
FIGURE_1_STEPS = 5000
FIGURE_3_STEPS = 10000
INDUCING = (5, 10, 20, 25, 30)  # beside the main run's 15
LENGTH_SCALE_INDUCING = (20, 15, 10, 30)
STARTS = ((1, 8), (12, 18), (23, 30))
MODEL_NAMES = {"VAE": "VAE", "GPVAE_Pearce": "GP-VAE (exact)", "SVGPVAE_Hensman": "SVGP-VAE, m = 15"}
REFERENCE_STEPS = 2000  # the exact model at length scale 5, for which notes of the original's curve exist
REFERENCE_SEEDS = range(5)
_SVGP = {"elbo": "SVGPVAE_Hensman", "clip_qs": True}


def _entries() -> dict[str, Entry]:
    """The three models, then the figures' runs."""
    given: dict[str, tuple[str, dict[str, Any], int]] = {
        "SVGPVAE_Hensman": (MODEL_NAMES["SVGPVAE_Hensman"], _SVGP, STEPS),
        "GPVAE_Pearce": (MODEL_NAMES["GPVAE_Pearce"], {"elbo": "GPVAE_Pearce"}, STEPS),
        "VAE": (MODEL_NAMES["VAE"], {"elbo": "VAE"}, STEPS),
    }
    for m in LENGTH_SCALE_INDUCING:
        learned = {**_SVGP, "GP_joint": True, "GP_init": 4.0, "m": m}
        given[f"fig3_m{m}"] = (f"SVGP-VAE, m = {m}, started at 4", learned, FIGURE_3_STEPS)
    for low, high in STARTS:
        moved = {**_SVGP, "ip_joint": True, "ip_min": low, "ip_max": high}
        given[f"fig4_{low}_{high}"] = (f"SVGP-VAE, m = 15, start in [{low}, {high}]", moved, STEPS)
    for m in INDUCING:
        given[f"fig1_m{m}"] = (f"SVGP-VAE, m = {m}", {**_SVGP, "m": m}, FIGURE_1_STEPS)
    about = "moving ball, length scale "
    entries = {
        group: Entry(name, BallExperiment, {**flags, "steps": steps}, f"{about}2")
        for group, (name, flags, steps) in given.items()
    }
    slower = {"elbo": "GPVAE_Pearce", "vidlt": 5.0, "modellt": 5.0, "steps_per_epoch": 100, "steps": REFERENCE_STEPS}
    return entries | {"lt5": Entry(MODEL_NAMES["GPVAE_Pearce"], BallExperiment, slower, f"{about}5")}


class MovingBallTable(Table):
    """RMSE of every model, RMSE against m, learned length scales, inducing points from bad starts.

    The paper plots this experiment and prints no number.
    """

    name = "moving_ball"
    entries = _entries()

    def runs(self, seeds: Sequence[int]) -> list[Run]:
        """Those of every entry, and the reference curve's seeds."""
        first = [run for run in super().runs(seeds) if run.group != "lt5"]
        return first + [run for run in super().runs(REFERENCE_SEEDS) if run.group == "lt5"]

    def expid(self, group: str, seed: int) -> str:
        return f"s{seed}" if group in MODEL_NAMES else super().expid(group, seed)

    def rows(self, base: Path, runs: Sequence[Run]) -> list[ResultRow]:
        """Final and 5,000-step RMSE, final ELBO, learned length scales, spread of learned inducing points."""
        found = histories(base, runs)
        rows = []

        def add(group: str, metric: str, unit: str, step: int, measure: Callable) -> None:
            if group in found:
                rows.append(self.log_row(base, group, found[group], measure, step=step, metric=metric, unit=unit))

        last = lambda name: lambda history: history[name][-1]
        for group in MODEL_NAMES:
            add(group, "test RMSE per frame", "path units", STEPS, last("test_rmse"))
            add(group, "training ELBO per video, last epoch", "nats", STEPS, last("elbo"))
            add(group, "test RMSE at step 5,000", "path units", FIGURE_1_STEPS, last("test_rmse"))
        for m in INDUCING:
            add(f"fig1_m{m}", "test RMSE at step 5,000", "path units", FIGURE_1_STEPS, last("test_rmse"))
        for m in LENGTH_SCALE_INDUCING:
            learned = lambda log: np.mean(columns(log, "length_scale_")[-1])
            add(f"fig3_m{m}", "learned length scale (true: 2)", "frames", FIGURE_3_STEPS, learned)
        for low, high in STARTS:
            add(f"fig4_{low}_{high}", "largest gap (equal spacing: 2.07)", "frames", STEPS, largest_gap)
        for step in (100, 1000, REFERENCE_STEPS):
            add("lt5", f"test SSE at step {step:,}", "", step, last("test_sse"))
        return rows

    def draw_logs(self, found: dict[str, Logged]) -> Iterable[tuple[str, Figure]]:
        """Figures 1, 3 and 4 of the paper, each if its runs are complete."""
        at = lambda group: [at_step(h, "test_rmse", FIGURE_1_STEPS) for _, h in found[group]]
        if "SVGPVAE_Hensman" in found and any(f"fig1_m{m}" in found for m in INDUCING):
            points = {m: at(f"fig1_m{m}") for m in INDUCING if f"fig1_m{m}" in found} | {15: at("SVGPVAE_Hensman")}
            baselines = {MODEL_NAMES[g]: at(g) for g in ("GPVAE_Pearce", "VAE") if g in found}
            yield "figure1", plotting.rmse_against_inducing_points(dict(sorted(points.items())), baselines)
        curves = lambda groups, prefix: {
            name: (found[group][0][1]["step"], columns(found[group][0][1], prefix))
            for name, group in groups.items()
            if group in found
        }
        scales = curves({f"m = {m}": f"fig3_m{m}" for m in sorted(LENGTH_SCALE_INDUCING)}, "length_scale_")
        if scales:
            yield "figure3", plotting.length_scales(scales, 2.0)
        paths = curves({f"start in [{a}, {b}]": f"fig4_{a}_{b}" for a, b in STARTS}, "inducing_x_")
        if paths:
            yield "figure4", plotting.inducing_points(paths, 30)

    def draw(self, base: Path, found: dict[str, Logged]) -> Iterable[tuple[str, Figure]]:
        """Figure 2 of the paper, of the models that are there."""
        models = {MODEL_NAMES[g]: folder for g, folder in folders(base, found).items() if g in MODEL_NAMES}
        if models:
            yield "figure2", _trajectories(models)


def largest_gap(history: Mapping[str, np.ndarray]) -> float:
    """The largest gap the final inducing points leave on [1, 30], ends included, over both channels; frames."""
    gaps = []
    for axis in "xy":
        points = np.sort(columns(history, f"inducing_{axis}_")[-1])
        if not len(points):
            raise DamagedFileError(f"the log has no columns inducing_{axis}_..., of learned inducing points")
        inside = np.clip(points, 1.0, 30.0)
        gaps.append(max(np.max(np.diff(inside)), inside[0] - 1.0, 30.0 - inside[-1]))
    return float(max(gaps))


def _trajectories(folders: dict[str, Path]) -> Figure:
    """Figure 2: the first test batch through every model."""
    predictions = {}
    for name, folder in folders.items():
        experiment: Any = load_experiment(folder)
        model, batch = experiment.model, experiment.test_set[0]
        predictions[name] = affine_fit(model.latents(batch).mean, batch["paths"]).aligned
    return plotting.trajectories(batch["observations"].numpy(), batch["paths"].numpy(), predictions)
