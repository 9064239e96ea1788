"""What a latent GP will cost, said before the work starts."""

import os
import warnings

import tensorflow as tf

# Matrices [n, n] of a data set that a training step holds at once, forward and backward; measured. Channels may share
# those of the kernel, but the noise is every channel's own, and so is what is factorised.
MATRICES_PER_CHANNEL, MATRICES_PER_KERNEL = 10, 10
SLOW_POINTS = 2_000  # n from which a step of an exact GP takes minutes on a CPU, O(n^3)
LEAST_EXPLAINED = 0.5  # share of the prior's variance at the data that inducing points should explain


def check_exact(num_points: int, num_sets: int, num_channels: int, num_kernels: int, item_size: int) -> None:
    """Refuses an exact GP of more points than memory holds, and warns of one that will be slow.

    Args:
      num_points: n of a data set.
      num_sets: data sets in a batch.
      num_channels: L.
      num_kernels: L if every channel has a kernel of its own, 1 if they share it.
      item_size: bytes of a number.

    Raises:
      MemoryError: if a step needs more memory than the machine has.
    """
    matrices = num_sets * (MATRICES_PER_CHANNEL * num_channels + MATRICES_PER_KERNEL * num_kernels)
    needed, present = matrices * num_points**2 * item_size / 2**30, memory_in_gib()
    text = (
        f"an exact GP of {num_points:,} points takes about {needed:,.1f} GiB and O(n^3) = {num_points:,}^3 operations "
        "a step; MarkovGPVAE for inputs that are times, SVGPVAE with inducing points, or data.windows of a few hundred "
        "points, take neither"
    )
    if needed > present:
        raise MemoryError(f"{text}. This machine has {present:,.1f} GiB")
    if num_points >= SLOW_POINTS:
        warnings.warn(text, stacklevel=2)


def check_explained_variance(explained: tf.Tensor | None) -> None:
    """Warns, executed eagerly, of inducing points so far from the data, or from each other, that the data say little.

    Args:
      explained: sums over a data set of k_nm K_mm^-1 k_mn over those of k_nn, the share [] of the prior's variance that
        they explain, the least of all channels and data sets (`LatentGP.explained_variance`); None where there are no
        such points.
    """
    if explained is not None and tf.executing_eagerly() and explained < LEAST_EXPLAINED:
        warnings.warn(
            f"the inducing points explain {float(explained):.0%} of the prior variance at the data, of the channel and "
            "data set of which they explain least, and the model learns little there: inputs outside the range of the "
            "points, or points farther apart than the "
            "kernel's length scale. Use points where the inputs are, more of them, a longer length scale, or shorter "
            "sequences (data.windows)",
            stacklevel=2,
        )


def memory_in_gib() -> float:
    """The machine's memory; infinite where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (ValueError, OSError, AttributeError):
        return float("inf")
