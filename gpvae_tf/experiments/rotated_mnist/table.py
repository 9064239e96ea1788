"""Table 1 of SVGP-VAE and of FGP-VAE: conditional generation on rotated MNIST, every model of both papers."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.experiments.pixel_pictures import error_by_context, error_curve
from gpvae_tf.experiments.registry import load_experiment
from gpvae_tf.experiments.rotated_mnist import fgp_pictures, svgp_pictures
from gpvae_tf.experiments.rotated_mnist.bias import BIAS_FILE, write_bias
from gpvae_tf.experiments.rotated_mnist.experiment import RotatedExperiment
from gpvae_tf.experiments.rotated_mnist.fgp import FgpExperiment
from gpvae_tf.experiments.rotated_mnist.pictures import examples
from gpvae_tf.experiments.rotated_mnist.svgp import SvgpExperiment
from gpvae_tf.experiments.rotated_mnist.unseen_digits import (
    CONTEXT_SIZES,
    ERRORS_BY_CONTEXT,
    INFERRED,
    REPRESENTED,
    score_name,
)
from gpvae_tf.experiments.run_logs import Logged, folders
from gpvae_tf.experiments.table import Entry, Metric, Table

DATASET = "rotated MNIST, digit 3"
LEARNED = {"GP_joint": True, "ov_joint": True, "clip_qs": True, "PCA": True}
SVGP = {"elbo": "SVGPVAE_Hensman", "ip_joint": True, "GECO": True, **LEARNED}
SVIGP = {"elbo": "SVIGP_Hensman", "ip_joint": True, "nr_epochs": 2000, **LEARNED}
GPPVAE = {"elbo": "GPVAE_Casale", "opt_regime": ("VAE-100", "GP-100"), **LEARNED}
FGP = {"GECO": True, "kappa_squared": 0.020, "extrapolate_experiment": True}
VECCHIA = {"elbo": "GPVAE_Vecchia", "GECO": True, **LEARNED}
CORRELATED = {"object_prior_corr": True, "object_kernel_normalize": True, "ov_joint": True}  # no new objects
# A constant coordinate of the objects, without which the mean object cannot turn; a smoother start of the view kernel.
# These and WIDE were chosen on validation images (docs/results/rotated_mnist.md).
OFFSET = {"object_offset": 4.0}
SMOOTH = {"view_length_scale": 3.0}
WIDE = {
    **OFFSET,
    **SMOOTH,
    "network_size": "wide",
    "M": 24,
    "nr_inducing_points": 6.0,
    "batch_size": 256,
    "lr": 0.004,
    "kappa_squared": 0.005,
    "max_log_multiplier": 4.5,
    "opt_regime": ("joint-200",),
}
# Object vectors of a network, which has nothing to learn or to start from beside itself.
SVGP_NETWORK = {name: value for name, value in SVGP.items() if name not in ("ov_joint", "PCA")} | {
    "object_vectors": "network"
}
BIAS = "svgp_bias"  # the entry whose mini-batch estimators are compared with the full data's values
# The learning curves' panels, by the groups of the table.
PAPERS_MODELS = ("svgp", "fgp", "svigp", "gppvae", "cvae")
PANELS = {
    "the papers' models": PAPERS_MODELS,
    "SVGP-VAE": (
        "svgp",
        "svgp_offset",
        "svgp_offset_alone",
        "svgp_scale_alone",
        "svgp_network",
        "svgp_wide",
        "svgp_coded",
        BIAS,
        "vecchia",
    ),
    "FGP-VAE and deep SVIGP": ("fgp", "fgp_coded", "fgp_correlated", "fgp_sparse", "svigp", "svigp_offset"),
}
_TASKS = {"test": "test MSE", "extrapolation": "MSE on unseen digits"}
_VECTORS = {REPRESENTED: "", INFERRED: ", vectors inferred"}
PAPERS_METRIC = " (the papers' metric)"
_DECODES = {"mse": "decoded posterior mean", "mse_sampled": "one draw"}
_DECODES_THE_MEAN = ("SVIGP_Hensman",)  # where the authors' code draws nothing (docs/deviations.md, B5)


def table_entry(
    name: str,
    given: Mapping[str, Any],
    paper: float | None = None,
    *,
    experiment: type[RotatedExperiment] = SvgpExperiment,
    dataset: str = DATASET,
    unseen: float | None = None,
) -> Entry:
    """A model of a table.

    Args:
      name: name of the model in its rows.
      given: options of its runs; the authors' README command.
      paper: test MSE of the paper's table, if it has one.
      experiment: class of its runs.
      dataset: data set and training length in its rows.
      unseen: MSE on unseen digits of the paper's table, if it has one.
    """
    papers = {f"test_{_papers_decode(given)}": paper, f"extrapolation_{_papers_decode(given)}": unseen}
    return Entry(name, experiment, given, dataset, {score: mse for score, mse in papers.items() if mse is not None})


def _papers_decode(given: Mapping[str, Any]) -> str:
    """How the authors' code of a model decodes latents for its error; what options its runs are given says which."""
    return "mse" if given.get("elbo") in _DECODES_THE_MEAN else "mse_sampled"


class RotatedMnistTable(Table):
    """Test error of every model, extrapolation to unseen digits, time per epoch."""

    name = "rotated_mnist"
    entries: Mapping[str, Entry] = {
        "svgp": table_entry("SVGP-VAE, m = 32", SVGP, 0.0251),
        "fgp": table_entry("FGP-VAE", FGP, 0.0284, experiment=FgpExperiment, unseen=0.0316),
        "cvae": table_entry("CVAE", {"elbo": "CVAE"}, 0.0796),
        "svigp": table_entry("Deep SVIGP", SVIGP, 0.0233),
        "gppvae": table_entry("GPPVAE", GPPVAE, 0.0370),
        "svgp_offset": table_entry("SVGP-VAE, m = 32, offset, smooth start", {**SVGP, **SMOOTH, **OFFSET}, 0.0251),
        "svgp_offset_alone": table_entry("SVGP-VAE, m = 32, offset", {**SVGP, **OFFSET}, 0.0251),
        "svgp_scale_alone": table_entry("SVGP-VAE, m = 32, smooth start", {**SVGP, **SMOOTH}, 0.0251),
        "svgp_network": table_entry("SVGP-VAE, m = 32, representation network", {**SVGP_NETWORK, **SMOOTH}),
        "svigp_offset": table_entry("Deep SVIGP, offset, smooth start", {**SVIGP, **SMOOTH, **OFFSET}, 0.0233),
        "svgp_wide": table_entry("SVGP-VAE, networks free", {**SVGP, **WIDE}, dataset=f"{DATASET}, 200 epochs"),
        BIAS: table_entry(
            "SVGP-VAE, m = 32, 40 epochs", {**SVGP, "opt_regime": ("joint-40",)}, dataset=f"{DATASET}, 40 epochs"
        ),
        # beside the curves of the original code, which are known up to these epochs
        "svgp_coded": table_entry(
            "SVGP-VAE, as coded",
            {**SVGP, "preset": "authors_code", "opt_regime": ("joint-60",)},
            dataset=f"{DATASET}, 60 epochs",
        ),
        "fgp_coded": table_entry(
            "FGP-VAE, as coded",
            {**FGP, "preset": "authors_code", "nr_epochs": 140},
            experiment=FgpExperiment,
            dataset=f"{DATASET}, 140 epochs",
        ),
        "fgp_correlated": table_entry(
            "FGP-VAE, correlated objects",
            {**FGP, "extrapolate_experiment": False, **CORRELATED},
            experiment=FgpExperiment,
        ),
        "vecchia": table_entry("nearest-neighbour GP-VAE, H = 16", VECCHIA),
        "fgp_sparse": table_entry("Sparse FGP-VAE, m = 5", {**FGP, "sparse": True}, experiment=FgpExperiment),
    }
    files = MappingProxyType({BIAS: BIAS_FILE})

    def metrics_of(self, entry: Entry) -> Sequence[Metric]:
        """The errors by how latents are decoded; the label says which one the authors' code of this model reports."""
        papers = _papers_decode(entry.given)
        decodes = {key: f", {how}{PAPERS_METRIC if key == papers else ''}" for key, how in _DECODES.items()}
        alone = [
            Metric(f"{task}_{key}", f"{shown}{decode}")
            for task, shown in _TASKS.items()
            for key, decode in decodes.items()
        ]
        return alone + [
            Metric(score_name(vectors, key, size), f"{_TASKS['extrapolation']} from {size}{how}{decode}")
            for vectors, how in _VECTORS.items()
            for size in CONTEXT_SIZES
            for key, decode in decodes.items()
        ]

    def draw_logs(self, found: dict[str, Logged]) -> Iterable[tuple[str, Figure]]:
        """Learning curves of the papers' metric beside the papers' values."""
        if not found:
            return
        names = {group: self.entries[group].name for group in found}
        scores = {group: f"test_{_papers_decode(self.entries[group].given)}" for group in found}
        curves = {name: error_curve(found[group][0][1], scores[group]) for group, name in names.items()}
        targets = {names[group]: self.entries[group].paper[scores[group]] for group in PAPERS_MODELS if group in found}
        panels = {title: [names[group] for group in groups if group in found] for title, groups in PANELS.items()}
        yield "learning_curves", plotting.learning_curves(curves, targets, panels)

    def draw(self, base: Path, found: dict[str, Logged]) -> Iterable[tuple[str, Figure]]:
        """Test images of every model (Figure 5), unseen digits, latents, bias of mini-batches (Appendix C.4)."""
        of_group = folders(base, found)
        models = {self.entries[group].name: folder for group, folder in of_group.items() if group != BIAS}
        if models:
            yield "generations", _generations(models)
        if "fgp" in found:
            experiment: Any = load_experiment(of_group["fgp"])
            yield "extrapolation", fgp_pictures.extrapolation(experiment)
            yield "latent_space", fgp_pictures.latent_space(experiment)
        named = {self.entries[group].name: folder for group, folder in of_group.items()}
        yield from error_by_context(named, CONTEXT_SIZES, ERRORS_BY_CONTEXT).items()
        if "svgp_network" in found:
            experiment = load_experiment(of_group["svgp_network"])
            yield "network_extrapolation", svgp_pictures.extrapolation(experiment)
            yield "inferred_extrapolation", svgp_pictures.extrapolation(experiment, INFERRED)
        if BIAS in found:
            yield "estimator_bias", svgp_pictures.draw_bias(_bias_of(of_group[BIAS]))


def _bias_of(folder: Path) -> Path:
    """What a run with --bias_analysis has written; of a run without, the same is written now, from its weights."""
    table = folder / BIAS_FILE
    if not table.exists():
        write_bias(folder, load_experiment(folder))
    return table


def _generations(folders: Mapping[str, Path]) -> Figure:
    """The same held-out images from every run."""
    images, shown = {}, None
    for name, folder in folders.items():
        experiment: Any = load_experiment(folder)
        shown = examples(experiment.data.test) if shown is None else shown
        images[name] = experiment.generate(shown.ids)
    assert shown is not None
    return plotting.conditional_generations(shown.images, images)
