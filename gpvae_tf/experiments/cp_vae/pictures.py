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
    return image_figures(experiment) if experiment.splits.train.bounded else scalar_figures(experiment)


def image_figures(experiment: PriorExperiment) -> dict[str, Figure]:
    """Images generated in every way, reconstructions of test images, and what else the family shows."""
    model, splits = experiment.model, experiment.splits
    test = splits.test.images[:EXAMPLES]
    return {
        "samples": priors.panels(experiment.generated_images(SAMPLES)),
        "reconstructions": plotting.conditional_generations(
            test, {"reconstruction": model.reconstruct({"observations": test}).numpy()}
        ),
        **experiment.family.image_figures(model, splits, experiment.config.seed),
    }


def scalar_figures(experiment: PriorExperiment) -> dict[str, Figure]:
    """Histograms of what is generated in every way (Figures 3 and 4), and what else the family shows."""
    splits, shown = experiment.splits, experiment.family.scalar_figures
    histograms = priors.histograms(splits.test.images.ravel(), experiment.generated_scalars(experiment.config.seed))
    return {"histograms": histograms, **shown(experiment.model, splits, experiment.config.seed)}
