"""The newest checkpoint that all workers have: one that was killed may be behind the others, or ahead of them."""

import contextlib
import warnings
from collections.abc import Sequence
from pathlib import Path

from gpvae_tf.training import checkpoint_files as files
from gpvae_tf.training.workers import WorkerGroup

_MOST = 8  # checkpoints that a worker tells of


def common(everyone: WorkerGroup, folder: Path, paths: Sequence[str]) -> list[str]:
    """The checkpoints that this worker may restore; with several workers it is one, the newest that all have whole.

    Newer ones are deleted, which the others do not have. If a worker has none and no other has more than its first,
    which it was killed before writing, all begin again.

    Args:
      everyone: the workers of the run.
      folder: of this worker's checkpoints.
      paths: of its checkpoints, the newest first.

    Raises:
      CheckpointError: on every worker, if they have checkpoints and none in common.
    """
    if everyone.is_alone:
        return list(paths)
    steps = {}
    for path in paths[:_MOST]:
        try:
            files.check_whole(path)
            steps[files.steps(path)] = path
        except files.DAMAGE as error:
            reason = str(error).splitlines()[0]
            warnings.warn(f"checkpoint {path} is damaged ({reason}); trying the one before", stacklevel=3)
    told = everyone.gathered([len(paths), *steps, *[-1] * (_MOST - len(steps))])
    whole = [{step for step in row if step >= 0} for row in told[:, 1:].tolist()]
    newest = max(set.intersection(*whole), default=None)
    if newest is None and (told[:, 0].max() > 1 or any(len(own) < count for own, count in zip(whole, told[:, 0]))):
        listing = "; ".join(f"worker {i} those of steps {sorted(own) or 'none'}" for i, own in enumerate(whole))
        raise files.CheckpointError(f"workers have no whole checkpoint in common: {listing}")
    later = [path for step, path in steps.items() if newest is None or step > newest]
    for path in later:
        files.delete(path)
    if later:
        with contextlib.suppress(FileNotFoundError):
            (folder / files.LIST).unlink()
        if left := files.numbers(folder):
            files.write_list(folder, left)
    return [] if newest is None else [steps[newest]]
