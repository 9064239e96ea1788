"""Pictures of a run of CP-VAE or of one of its baselines, drawn from its model and its data."""

from pathlib import Path

from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.experiments.config import RunOptions
from gpvae_tf.experiments.cp_vae.experiment import PriorExperiment
from gpvae_tf.plotting import priors

EXAMPLES = 12  # test images beside their reconstructions
SAMPLES = 80  # images of every way to generate


def draw_run(folder: Path, experiment: PriorExperiment, options: RunOptions) -> dict[str, Figure]:
    """Draws generations and reconstructions of images, or histograms of scalars, and CP-VAE's categories."""
    own = image_figures if experiment.splits.train.bounded else scalar_figures
    of_family = experiment.family.figures(experiment.model, experiment.splits, experiment.config.seed)
    return own(experiment) | of_family


def image_figures(experiment: PriorExperiment) -> dict[str, Figure]:
    """Images generated in every way, and reconstructions of test images."""
    test = experiment.splits.test.images[:EXAMPLES]
    reconstructed = experiment.model.reconstruct({"observations": test}).numpy()
    return {
        "samples": priors.panels(experiment.generated_images(SAMPLES)),
        "reconstructions": plotting.conditional_generations(test, {"reconstruction": reconstructed}),
    }


def scalar_figures(experiment: PriorExperiment) -> dict[str, Figure]:
    """Histograms of what is generated in every way (Figures 3 and 4)."""
    truth, generated = experiment.splits.test.images.ravel(), experiment.generated_scalars(experiment.config.seed)
    return {"histograms": priors.histograms(truth, generated)}
