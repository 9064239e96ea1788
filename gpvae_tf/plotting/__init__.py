"""Figures from plain arrays and dicts: nothing here knows a model, and no pyplot state is touched.

Every function returns a `matplotlib.figure.Figure`; `save` writes it. What cannot be drawn is refused by a ValueError
that names the argument, what came and what was expected: nothing to draw, a shape that does not fit, a number of images
or videos below 1. Docstrings name only what is refused besides.
"""

from gpvae_tf.plotting import grids, labels, locations, panels, posteriors, priors, scores, style
from gpvae_tf.plotting.calibration import calibration_curves
from gpvae_tf.plotting.characters import error_by_context, save_animation
from gpvae_tf.plotting.curves import inducing_points, length_scales, rmse_against_inducing_points
from gpvae_tf.plotting.digits import conditional_generations, extrapolation_grid, rotation_strip
from gpvae_tf.plotting.latents import latent_space
from gpvae_tf.plotting.sequences import imputed_images
from gpvae_tf.plotting.series import series
from gpvae_tf.plotting.style import save, show
from gpvae_tf.plotting.tradeoffs import against_data_size, error_against_time, estimator_bias
from gpvae_tf.plotting.training import learning_curves, multiplier_curves, training_curves
from gpvae_tf.plotting.videos import latent_grid, overlay, trajectories, video_strip

__all__ = [
    "against_data_size",
    "calibration_curves",
    "conditional_generations",
    "error_against_time",
    "error_by_context",
    "estimator_bias",
    "extrapolation_grid",
    "grids",
    "imputed_images",
    "inducing_points",
    "labels",
    "latent_grid",
    "latent_space",
    "learning_curves",
    "length_scales",
    "locations",
    "multiplier_curves",
    "overlay",
    "panels",
    "posteriors",
    "priors",
    "rmse_against_inducing_points",
    "rotation_strip",
    "save",
    "save_animation",
    "scores",
    "series",
    "show",
    "style",
    "training_curves",
    "trajectories",
    "video_strip",
]
