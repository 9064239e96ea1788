"""Files: written whole or not at all, one process at a time, and read with every fault told in one sentence.

So is the lack of a package that only some work needs.
"""

from gpvae_tf.files import readers
from gpvae_tf.files.locks import HeldByAnother, holding, locked
from gpvae_tf.files.packages import SCIKIT_LEARN, MissingPackage, check_installed
from gpvae_tf.files.versions import versions, write_version
from gpvae_tf.files.writing import (
    atomic_copy,
    atomic_folder,
    atomic_path,
    atomic_write,
    check_disk_space,
    check_plain,
    delete_temporaries,
    expanded,
)

__all__ = [
    "HeldByAnother",
    "MissingPackage",
    "SCIKIT_LEARN",
    "atomic_copy",
    "atomic_folder",
    "atomic_path",
    "atomic_write",
    "check_disk_space",
    "check_installed",
    "check_plain",
    "delete_temporaries",
    "expanded",
    "holding",
    "locked",
    "readers",
    "versions",
    "write_version",
]
