"""Whether generated characters wear the right clothes: the nearest of the variants of every attribute.

SVGP-VAE Section 4.3 says that styles are sometimes generated wrongly. For each attribute (body, hair, ...) a generated
image is compared with the true images of the same pose and the same other attributes in every variant of this one; it
is right if the variant that it should have is the nearest.
"""

import numpy as np

from gpvae_tf.checks import check_shape


def share_of_right_styles(
    generated: np.ndarray, frames: np.ndarray, attributes: np.ndarray, characters: np.ndarray, poses: np.ndarray
) -> np.ndarray:
    """Share of generated images that are nearest to the variant they should have, [F], one number per attribute.

    Args:
      generated: images [k, s, H, W, C] of k characters in s poses, in the values of the models, levels / 256.
      frames: [P, A, H, W, C] uint8, all characters in all poses.
      attributes: [P, F], variants of the P characters; every combination is there once.
      characters: [k], rows of `frames` that the images should show.
      poses: [k, s], columns of `frames`.

    Raises:
      ValueError: if a shape does not fit, or the combinations of variants are not all there once.
    """
    check_shape("generated", generated, (len(characters), poses.shape[1], *frames.shape[2:]))
    check_shape("attributes", attributes, (len(frames), "F"))
    row = {tuple(variants): number for number, variants in enumerate(attributes.tolist())}
    num_variants = attributes.max(axis=0) + 1
    if len(row) != len(attributes) or len(row) != np.prod(num_variants):
        raise ValueError(
            f"attributes has {len(row)} different combinations of {np.prod(num_variants)}; expected each of them once"
        )
    right = np.zeros((len(characters), attributes.shape[1]))
    for k, character in enumerate(characters):
        own = attributes[character].tolist()
        for attribute, count in enumerate(num_variants):
            alike = [row[(*own[:attribute], variant, *own[attribute + 1 :])] for variant in range(count)]
            truths = np.asarray(frames[np.array(alike)[:, np.newaxis], poses[k]]) / np.float32(256.0)
            distances = np.sum(np.square(truths - generated[k]), axis=(2, 3, 4))  # [variants, s]
            right[k, attribute] = np.mean(np.argmin(distances, axis=0) == own[attribute])
    return right.mean(axis=0)
