"""The pictures of a run of the GP-encoder experiment, drawn from its model, and of its families' gaps to the VAE.

Networks see images less the mean image of the training set; pictures have it added back.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.evaluation.batched import OverImages
from gpvae_tf.evaluation.latent_use import latent_means
from gpvae_tf.evaluation.posterior_grid import grid_posterior
from gpvae_tf.evaluation.significance import Difference
from gpvae_tf.experiments.config import RunOptions
from gpvae_tf.experiments.gp_encoder.comparison import p_value
from gpvae_tf.experiments.gp_encoder.experiment import GPEncoderExperiment
from gpvae_tf.models.image_vae import ImageVAE
from gpvae_tf.plotting import posteriors, scores
from gpvae_tf.posteriors import GPEncoder
from gpvae_tf.posteriors.gp_encoder import GPEncoderDistribution

EXAMPLES = 12  # test images beside their reconstructions
SAMPLES = 60
RANKS = np.linspace(0.02, 0.98, 6)  # quantiles of the uncertainty that are shown; the paper shows six images
DECODED_AT_ONCE = 2_000
_OVER = {"seeds": "seeds", "images": "test images: one run of each, which says nothing of other seeds"}


def draw_run(folder: Path, experiment: GPEncoderExperiment, options: RunOptions) -> dict[str, Figure]:
    """Draws reconstructions and samples; for a GP encoder also its uncertainty (the paper's Figure 1)."""
    config, model, shown = experiment.config, experiment.model, experiment.test_images[:EXAMPLES]
    figures = {
        "reconstructions": plotting.conditional_generations(
            visible(experiment, shown),
            {"reconstruction": visible(experiment, model.reconstruct({"observations": shown}))},
        ),
        "samples": posteriors.samples(visible(experiment, model.sample(SAMPLES, tf.constant([config.seed, 0])))),
    }
    if has_random_weights(model):
        figures["uncertainty"] = uncertainty(experiment)
    if model.latent_dim == 2 and experiment.splits.test.labels is not None:
        figures["latents"] = latents(experiment)
    return figures


def visible(experiment: GPEncoderExperiment, images: np.ndarray | tf.Tensor) -> np.ndarray:
    """Images [n, H, W, C] in [0, 1], the mean image added back."""
    return np.clip(np.asarray(images, np.float32) + experiment.data.mean, 0.0, 1.0)


def has_random_weights(model: ImageVAE) -> bool:
    """Whether its encoder is a GP; three deterministic trunks have no uncertainty."""
    return isinstance(model.posterior, GPEncoder) and model.posterior.regularizer() is not None


def uncertainty(experiment: GPEncoderExperiment) -> Figure:
    """Test images at quantiles of Tr V(f) + Tr V(h), with their posteriors if the latent space is a plane."""
    model, (values, rows) = experiment.model, uncertain_images(experiment)
    images = experiment.test_images[rows]
    planes = posterior_planes(model, images) if model.latent_dim == 2 else None
    originals, reconstructions = (
        visible(experiment, images),
        visible(experiment, model.reconstruct({"observations": images})),
    )
    return posteriors.uncertainty(values[rows].tolist(), originals, reconstructions, planes)


def uncertain_images(experiment: GPEncoderExperiment) -> tuple[np.ndarray, np.ndarray]:
    """Tr V(f) + Tr V(h) of every test image [n], and which images lie at the quantiles of `RANKS`, rising."""
    model = experiment.model
    of_batch = lambda images, seed: _conditioned(model, images).uncertainty()
    values = OverImages(of_batch, model)(experiment.test_images)
    return values, np.argsort(values)[np.round(RANKS * (len(values) - 1)).astype(int)]


def posterior_planes(model: ImageVAE, images: np.ndarray) -> list[posteriors.Plane]:
    """The true posterior of every image, the base encoder N(b, c^2) and the marginal q of Eq. 13; two latents."""
    q = _conditioned(model, images)
    mean, deviation = q.gaussian.mean.numpy(), np.sqrt(q.gaussian.variance.numpy())
    base_mean, base_deviation = mean - q.f.mean.numpy(), (q.deviation.mean - q.h.mean).numpy()
    planes = []
    for i, image in enumerate(images):
        corners = np.stack(
            [m[i] + side * 4.0 * d[i] for m, d in ((mean, deviation), (base_mean, base_deviation)) for side in (-1, 1)]
        )
        (left, bottom), (right, top) = corners.min(axis=0), corners.max(axis=0)
        true = grid_posterior(_log_joint(model, image), ((left, right), (bottom, top)))
        base, marginal = (base_mean[i], base_deviation[i]), (mean[i], deviation[i])
        planes.append(posteriors.Plane(true.first, true.second, true.log_density, base, marginal))
    return planes


def _conditioned(model: ImageVAE, images: np.ndarray | tf.Tensor) -> GPEncoderDistribution:
    """q(z | y) of a model that has a GP encoder."""
    q = model.encode(images)
    assert isinstance(q, GPEncoderDistribution)
    return q


def _log_joint(model: ImageVAE, image: np.ndarray):
    """Latents [m, 2] -> log p(y, z), [m], nats, decoded a part at a time."""
    compiled = tf.function(
        lambda z: model.log_prob(model.checked_images(image[tf.newaxis]), z[:, tf.newaxis])[:, 0], reduce_retracing=True
    )
    parts = lambda z: np.split(z, range(DECODED_AT_ONCE, len(z), DECODED_AT_ONCE))
    return lambda z: np.concatenate([compiled(tf.cast(part, model.network_dtype)).numpy() for part in parts(z)])


def latents(experiment: GPEncoderExperiment) -> Figure:
    """Posterior means of the test images by class; numbers mark the images of `uncertainty`."""
    model = experiment.model
    means = latent_means(model, experiment.test_images)
    marked = means[uncertain_images(experiment)[1]] if has_random_weights(model) else None
    labels = experiment.splits.test.labels
    assert labels is not None
    return posteriors.latent_plane(means, labels[: len(means)], marked)


def gaps(tests: Mapping[str, Difference], papers: Mapping[str, float]) -> Figure:
    """Gaps to the VAE that was trained alike, each with the p-value of the very gap that its bar shows.

    Args:
      tests: model -> its difference from the VAE.
      papers: model -> the paper's difference, nats.
    """
    return scores.score_gaps(
        {name: (test.mean, test.standard_error) for name, test in tests.items()},
        reference="the VAE trained alike",
        papers=papers,
        notes={name: p_value(test).removeprefix("p = ").removeprefix("p ") for name, test in tests.items()},
        notes_title="p of no gap",
        spreads={name: _OVER[test.over] for name, test in tests.items()},
    )
