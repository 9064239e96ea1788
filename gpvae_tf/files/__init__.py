"""Files: written whole or not at all, one process at a time, and read with every fault told in one sentence."""

from gpvae_tf.files import readers
from gpvae_tf.files.versions import versions, write_version
from gpvae_tf.files.writing import (
    HeldByAnother,
    atomic_folder,
    atomic_write,
    check_plain,
    check_room,
    delete_temporaries,
    expanded,
    holding,
    locked,
)

__all__ = [
    "HeldByAnother",
    "atomic_folder",
    "atomic_write",
    "check_plain",
    "check_room",
    "delete_temporaries",
    "expanded",
    "holding",
    "locked",
    "readers",
    "versions",
    "write_version",
]
