"""An image file as numbers in [0, 1], of 8 bits a channel or 16 bits of grey."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from gpvae_tf.files.readers import unreadable

_KEPT = ("L", "LA", "RGB", "RGBA")  # modes of 8 bits
_CONVERTED = {"1": "L", "P": "RGB", "PA": "RGBA", "CMYK": "RGB", "YCbCr": "RGB", "LAB": "RGB", "HSV": "RGB"}
_GREY_16 = ("I;16", "I;16B")


def decoded(path: Path, mode: str | None) -> np.ndarray:
    """The pixels [H, W, C] of a file, in [0, 1], turned as viewers turn them by a camera's note (EXIF).

    Args:
      path: of the file.
      mode: "L" or "RGB" converts to grey or colour; None keeps what the file has.

    Raises:
      ValueError: if it cannot be read, holds several images, or has other pixels than 8 bits a channel or 16 of grey.
    """
    try:
        with Image.open(path) as image:
            if (count := getattr(image, "n_frames", 1)) > 1:
                raise ValueError(f"{path} holds {count} images; every frame needs a file of its own")
            upright = ImageOps.exif_transpose(image)
            wanted = mode or _CONVERTED.get(image.mode, image.mode)
            if _is_grey_16(image):  # Pillow's conversions would clip at 255
                pixels, white = np.asarray(upright), 65535
                pixels = np.stack(3 * [pixels], axis=-1) if mode == "RGB" else pixels
            elif wanted not in _KEPT or image.mode[0] in "IF":
                raise ValueError(f"{path} has pixels of mode {image.mode}; expected 8 bits, or 16 bits of grey")
            else:
                pixels, white = np.asarray(upright.convert(wanted) if wanted != image.mode else upright), 255
    except (OSError, SyntaxError) as error:  # Pillow raises both for damaged files
        raise unreadable(path, "an image", error) from error
    return (pixels / np.float32(white)).astype(np.float32).reshape(*pixels.shape[:2], -1)


def _is_grey_16(image: Image.Image) -> bool:
    """Whether values go from 0 to 65535. Pillow opens such a PGM, and older ones a PNG, as 32-bit integers."""
    return image.mode in _GREY_16 or (image.mode == "I" and image.format in ("PNG", "PPM"))
