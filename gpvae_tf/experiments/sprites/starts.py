"""Where the poses' vectors and the inducing points of SPRITES start: principal components of frames, or noise."""

from collections.abc import Iterator

import numpy as np

from gpvae_tf import inducing
from gpvae_tf.data.pca import principal_components
from gpvae_tf.datasets.sprites_splits import CharacterSplit

SCALE = 1.5  # of vectors and inducing points that do not start from principal components
_CHUNK = 50  # characters in memory at once
_MOST_FRAMES = 1_000  # of which the characters' components are computed; the authors take all 50,000
_EVERY, _PER_DIM = 7, 10  # one frame in seven is enough where that leaves ten per dimension


def pose_vectors(split: CharacterSplit, num_poses: int, dim: int) -> np.ndarray:
    """Principal components [A, D] of the A poses' mean frames over training characters.

    Raises:
      ValueError: if a pose is in no training character's frames, or `dim` is not below the number of poses.
    """
    if dim >= num_poses:
        raise ValueError(f"--L_action={dim} must be below the number of poses, {num_poses}")
    sums, counts = np.zeros((num_poses, np.prod(split.frames.shape[2:], dtype=int))), np.zeros(num_poses)
    for poses, frames in _frames(split):
        for pose in np.unique(poses):
            sums[pose] += frames[poses == pose].sum(axis=0)
        counts += np.bincount(poses, minlength=num_poses)
    if not counts.all():
        raise ValueError(f"pose {np.flatnonzero(counts == 0)[0]} is among the training frames of no character")
    return principal_components(sums / counts[:, np.newaxis], dim)[0]


def frame_vectors(split: CharacterSplit, dim: int, seed: int) -> np.ndarray:
    """Principal components [n, D] of random training frames, as many as fit.

    Raises:
      ValueError: if there are not more frames, or fewer pixels, than dimensions.
    """
    num, at_once = split.poses.size, _CHUNK * split.frames_per_character
    every = _EVERY if num >= _EVERY * _PER_DIM * dim else 1
    rows = np.concatenate([np.arange(start, min(start + at_once, num), every) for start in range(0, num, at_once)])
    num_values = np.prod(split.frames.shape[2:], dtype=int)
    if dim > min(len(rows) - 1, num_values):
        raise ValueError(
            f"--L_character={dim} must be below the number of training frames, {len(rows)}, and at most that of values "
            f"of a frame, {num_values}"
        )
    chosen = rows[np.sort(np.random.default_rng(seed).permutation(len(rows))[:_MOST_FRAMES])]
    firsts = np.arange(0, num, at_once)
    parts = zip(np.split(chosen, np.searchsorted(chosen, firsts[1:])), firsts, _frames(split), strict=True)
    found = [frames[part - first] for part, first, (_, frames) in parts]  # copies, which keep no chunk in memory
    return principal_components(np.concatenate(found), dim)[0]


def inducing_points(split: CharacterSplit, poses: np.ndarray, dim: int, num: int, seed: int, pca: bool) -> np.ndarray:
    """Locations [A num, D_pose + D]: `num` at every pose, with vectors like those of random frames, or N(0, 1.5^2).

    Raises:
      ValueError: see `frame_vectors`; also if the frames vary in fewer dimensions.
    """
    if pca:
        try:
            return inducing.views_and_objects(poses, frame_vectors(split, dim, seed), num, seed=seed)
        except inducing.NoDensity as error:
            raise ValueError(
                f"--PCA: the training frames vary in fewer than --L_character={dim} dimensions; use fewer, or --noPCA"
            ) from error
    shape = (len(poses) * num, poses.shape[1] + dim)
    return np.random.default_rng(seed).normal(0.0, SCALE, shape)


def _frames(split: CharacterSplit) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pose ids [n] and frames [n, pixels] in [0, 1), a few characters at a time."""
    for start in range(0, len(split), _CHUNK):
        which = slice(start, start + _CHUNK)
        frames = split.read(which) / 256.0
        yield split.poses[which].ravel(), frames.reshape(-1, np.prod(frames.shape[2:], dtype=int))
