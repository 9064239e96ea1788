"""Figures from plain arrays and dicts: nothing here knows a model, and no pyplot state is touched.

Every function returns a `matplotlib.figure.Figure`; `save` writes it.
"""

from gpvae_tf.plotting.curves import inducing_points, length_scales, rmse_against_inducing_points
from gpvae_tf.plotting.style import save
from gpvae_tf.plotting.training import training_curves
from gpvae_tf.plotting.videos import latent_grid, overlay, trajectories, video_strip

__all__ = [
    "inducing_points",
    "latent_grid",
    "length_scales",
    "overlay",
    "rmse_against_inducing_points",
    "save",
    "training_curves",
    "trajectories",
    "video_strip",
]
