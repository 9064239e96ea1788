"""Pixels in [0, 1], from 8 bits or from numbers that are there already; what could be either is refused."""

import numpy as np


def as_unit_range(name: str, images: np.ndarray, *, has_channels: bool = True) -> np.ndarray:
    """Pixels as a new float32 array in [0, 1]: 8-bit ones divided by 255, floating ones as they are.

    Args:
      name: of the images, for messages.
      images: [n, H, W, C] with C = 1, 3 or 4, or [n, H, W].
      has_channels: which of the two they are.

    Raises:
      ValueError: if they have another shape or type, values outside [0, 1], or 8-bit values of which none is above 1,
        which would nearly all be black.
    """
    if images.ndim != 3 + has_channels or not images.size:
        expected = "[n, H, W, C]" if has_channels else "[n, H, W]"
        raise ValueError(f"{name} images have shape {images.shape}; expected {expected} with n >= 1")
    if has_channels and images.shape[-1] not in (1, 3, 4):
        raise ValueError(
            f"{name} images have shape {images.shape}; expected [n, H, W, C] with 1, 3 or 4 channels on the last axis"
        )
    if images.dtype == np.uint8:
        if images.max() == 1:
            raise ValueError(
                f"{name} images are uint8 with values 0 and 1; 8-bit pixels go to 255, others are floating"
            )
        return images.astype(np.float32) / np.float32(255)
    if not np.issubdtype(images.dtype, np.floating):
        raise ValueError(f"{name} images are {images.dtype}; expected uint8, or floating in [0, 1]")
    least, most = float(images.min()), float(images.max())
    if not 0.0 <= least <= most <= 1.0:
        raise ValueError(f"{name} images have values from {least:.6g} to {most:.6g}; expected pixels in [0, 1]")
    return images.astype(np.float32)
