"""Kernel and inducing points from how the inputs lie."""

import numpy as np
from scipy.cluster.vq import kmeans2

from gpvae_tf import inducing, kernels
from gpvae_tf.defaults.facts import Facts

SHORTEST = 3.0  # length scale of the quickest channel, in distances of neighbouring inputs
LONGEST = 0.25  # of the slowest, as a share of the inputs' extent
MOST_POINTS = 100  # inducing points; O(m^3)


def length_scales_for(facts: Facts, num_channels: int) -> np.ndarray:
    """Initial length scales [num_channels] in scaled units, from 3 spacings of the inputs to a quarter of their extent.

    Channels that start at different scales find quick and slow movement sooner than equal ones do.
    """
    shortest = SHORTEST * facts.spacing
    return np.geomspace(shortest, max(shortest, LONGEST * facts.extent), num_channels)


def kernel_for(facts: Facts, num_channels: int) -> kernels.Kernel:
    """A Matern-3/2 kernel per channel with learned length scales (`length_scales_for`) and amplitude 1.

    The amplitude is left out because the networks' scale stands for it.
    """
    return kernels.matern(1.5, length_scales_for(facts, num_channels), trainable=True)


def inducing_points_for(facts: Facts, num: int | None = None, *, seed: int = 0) -> inducing.InducingPoints:
    """Learned inducing points in scaled units, shared by the channels.

    On one input column they are a grid, half as far apart as the shortest length scale is long; on several, the centres
    that k-means finds. There are at most 100 unless `num` says otherwise, and no more than inputs.

    Args:
      facts: of the data.
      num: m; None for as many as the shortest length scale asks for.
      seed: of k-means.
    """
    distinct = len(facts.points)
    gap, length = 0.5 * SHORTEST * facts.spacing, float(np.max(np.ptp(facts.points, axis=0)))
    wanted = min(int(np.ceil(length / gap)) + 1 if facts.input_dim == 1 else MOST_POINTS, MOST_POINTS)
    num = min(wanted if num is None else num, distinct)
    if facts.input_dim == 1 and num > 1:
        locations = inducing.grid(float(facts.points.min()), float(facts.points.max()), num)
    elif num < distinct:
        locations, _ = kmeans2(facts.points, num, minit="++", seed=seed)
        locations = np.unique(locations, axis=0)
    else:
        locations = facts.points
    return inducing.InducingPoints(locations, trainable=True)
