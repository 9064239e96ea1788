"""The moving ball's numbers and figures (SVGP-VAE Section 4.1, Figures 1 to 4)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gpvae_tf import plotting
from gpvae_tf.evaluation.trajectories import affine_fit
from gpvae_tf.experiments import load_model
from gpvae_tf.experiments.history import at_step, columns
from gpvae_tf.experiments.table import Run, Table, histories, make_row
from gpvae_tf.results import ResultRow

STEPS = 25000  # the authors' default
FIGURE_1_STEPS = 5000
FIGURE_3_STEPS = 10000
INDUCING = (5, 10, 20, 25, 30)  # beside the main run's 15
LENGTH_SCALE_INDUCING = (20, 15, 10, 30)
STARTS = ((1, 8), (12, 18), (23, 30))
MODELS = {"VAE": "VAE", "GPVAE_Pearce": "GP-VAE (exact)", "SVGPVAE_Hensman": "SVGP-VAE, m = 15"}
_SVGP = ("--elbo=SVGPVAE_Hensman", "--clip_qs")


def _run(group: str, seed: int, flags: tuple[str, ...], steps: int) -> Run:
    elbo = next(flag.removeprefix("--elbo=") for flag in flags if flag.startswith("--elbo="))
    expid = f"s{seed}" if group in MODELS else f"{group}_s{seed}"
    flags = flags if steps == STEPS else (*flags, f"--steps={steps}")
    return Run(group, seed, "BALL_experiment.py", flags, expid, f"{expid}_{elbo}", steps)


class MovingBallTable(Table):
    """RMSE of every model, RMSE against m, learned length scales, inducing points from bad starts."""

    name = "moving_ball"

    def runs(self, seeds: Sequence[int]) -> list[Run]:
        """The three models, then the figures' runs."""
        groups = {
            "SVGPVAE_Hensman": (_SVGP, STEPS),
            "GPVAE_Pearce": (("--elbo=GPVAE_Pearce",), STEPS),
            "VAE": (("--elbo=VAE",), STEPS),
        }
        for m in LENGTH_SCALE_INDUCING:
            groups[f"fig3_m{m}"] = ((*_SVGP, "--GP_joint", "--GP_init=4", f"--m={m}"), FIGURE_3_STEPS)
        for low, high in STARTS:
            groups[f"fig4_{low}_{high}"] = ((*_SVGP, "--ip_joint", f"--ip_min={low}", f"--ip_max={high}"), STEPS)
        for m in INDUCING:
            groups[f"fig1_m{m}"] = ((*_SVGP, f"--m={m}"), FIGURE_1_STEPS)
        return [_run(group, seed, *what) for group, what in groups.items() for seed in seeds]

    def rows(self, base: Path, runs: Sequence[Run]) -> list[ResultRow]:
        """Final and 5,000-step RMSE, final ELBO, learned length scales, spread of learned inducing points."""
        found = histories(base, runs)
        fixed = {"table": self.name, "dataset": "moving ball, length scale 2", "paper": None}  # no number is printed
        rows = []

        def add(group: str, model: str, metric: str, unit: str, value) -> None:
            if group in found:
                values = [value(history) for _, history in found[group]]
                rows.append(make_row(base, found[group], values, model=model, metric=metric, unit=unit, **fixed))

        for group, model in MODELS.items():
            add(group, model, "test RMSE per frame", "path units", lambda h: h["test_rmse"][-1])
            add(group, model, "training ELBO per video, last epoch", "nats", lambda h: h["elbo"][-1])
            add(
                group, model, "test RMSE at step 5,000", "path units", lambda h: at_step(h, "test_rmse", FIGURE_1_STEPS)
            )
        for m in INDUCING:
            add(
                f"fig1_m{m}",
                f"SVGP-VAE, m = {m}",
                "test RMSE at step 5,000",
                "path units",
                lambda h: h["test_rmse"][-1],
            )
        for m in LENGTH_SCALE_INDUCING:
            learned = lambda h: np.mean(columns(h, "length_scale_")[-1])
            add(f"fig3_m{m}", f"SVGP-VAE, m = {m}, started at 4", "learned length scale (true: 2)", "frames", learned)
        for low, high in STARTS:
            model, group = f"SVGP-VAE, m = 15, start in [{low}, {high}]", f"fig4_{low}_{high}"
            add(group, model, "largest gap between inducing points (equal spacing: 2.07)", "frames", largest_gap)
        return rows

    def figures(self, base: Path, runs: Sequence[Run], out: Path) -> list[Path]:
        """Figures 1 to 4 of the paper, each if its runs are complete."""
        found = histories(base, runs)
        drawn = {}
        at = lambda group, m=None: [at_step(h, "test_rmse", FIGURE_1_STEPS) for _, h in found[group]]
        if "SVGPVAE_Hensman" in found and any(f"fig1_m{m}" in found for m in INDUCING):
            points = {m: at(f"fig1_m{m}") for m in INDUCING if f"fig1_m{m}" in found} | {15: at("SVGPVAE_Hensman")}
            baselines = {MODELS[g]: at(g) for g in ("GPVAE_Pearce", "VAE") if g in found}
            drawn["figure1"] = plotting.rmse_against_inducing_points(dict(sorted(points.items())), baselines)
        if any(group in found for group in MODELS):
            first = {MODELS[g]: found[g][0][0] for g in MODELS if g in found}
            drawn["figure2"] = _trajectories({name: base / run.folder for name, run in first.items()})
        scales = {f"m = {m}": found[f"fig3_m{m}"][0][1] for m in sorted(LENGTH_SCALE_INDUCING) if f"fig3_m{m}" in found}
        if scales:
            curves = {name: (h["step"], columns(h, "length_scale_")) for name, h in scales.items()}
            drawn["figure3"] = plotting.length_scales(curves, 2.0)
        starts = {f"start in [{a}, {b}]": found[f"fig4_{a}_{b}"][0][1] for a, b in STARTS if f"fig4_{a}_{b}" in found}
        if starts:
            paths = {name: (h["step"], columns(h, "inducing_x_")) for name, h in starts.items()}
            drawn["figure4"] = plotting.inducing_points(paths, 30)
        return [plotting.save(figure, out / f"{self.name}_{name}.png") for name, figure in drawn.items()]


def largest_gap(history: dict[str, np.ndarray]) -> float:
    """The largest gap the final inducing points leave on [1, 30], ends included, over both channels; frames."""
    gaps = []
    for axis in "xy":
        points = np.sort(columns(history, f"inducing_{axis}_")[-1])
        inside = np.clip(points, 1.0, 30.0)
        gaps.append(max(np.max(np.diff(inside)), inside[0] - 1.0, 30.0 - inside[-1]))
    return float(max(gaps))


def _trajectories(folders: dict[str, Path]):
    """Figure 2: the first test batch through every model."""
    predictions = {}
    for name, folder in folders.items():
        config, model = load_model(folder)
        batch = next(iter(config.test_set()))
        predictions[name] = affine_fit(model.latents(batch).mean, batch["paths"]).aligned
    return plotting.trajectories(batch["images"].numpy(), batch["paths"].numpy(), predictions)
