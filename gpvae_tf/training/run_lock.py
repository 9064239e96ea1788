"""The lock of a run's folder: one process at a time trains in it."""

import contextlib
import errno
import warnings
from collections.abc import Iterator
from pathlib import Path

from gpvae_tf import files
from gpvae_tf.training.run_record import RunFolderError

LOCK = ".lock"  # holds the process and its host
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


@contextlib.contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Keeps every other process from training in a run's folder while the block runs; the folder is made.

    The system frees the lock of a process that is killed, so that its run can be resumed at once.

    Raises:
      RunFolderError: if another process is training there, naming it and its host; or if the folder cannot be written.
    """
    with contextlib.ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(files.holding(folder / LOCK, wait=False))
        except files.HeldByAnother as error:
            raise RunFolderError(
                f"{folder} is in use by {error}: wait until it ends, or choose another folder"
            ) from error
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise RunFolderError(f"cannot write the output folder {folder}: {error}") from error
            (folder / LOCK).unlink(missing_ok=True)
            warnings.warn(f"the file system of {folder} has no locks: nothing keeps two processes apart", stacklevel=3)
        yield
