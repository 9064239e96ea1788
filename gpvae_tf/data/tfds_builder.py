"""TFDS builders with prepared data; the error says what to do without network."""

import os
import socket
import urllib.request
from collections.abc import Sequence
from typing import Any

from gpvae_tf.files import expanded

HOSTS = {  # from which TFDS downloads
    "celeb_a": "drive.google.com",
    "cifar10": "www.cs.toronto.edu",
    "mnist": "storage.googleapis.com",
    "omniglot": "github.com",
    "svhn_cropped": "ufldl.stanford.edu",
}
FOLDER_VARIABLE = "TFDS_DATA_DIR"


def make(name: str, data_dir: str | os.PathLike | None) -> Any:
    """TFDS's builder of a data set, prepared or not.

    Args:
      name: name of the data set in TFDS.
      data_dir: where TFDS keeps what it prepared; its own default (~/tensorflow_datasets) if None.

    Raises:
      FileNotFoundError: if that is below a home directory which there is not.
    """
    import tensorflow_datasets as tfds  # takes seconds, and needs to be there only when data are made

    try:
        folder = expanded(data_dir or os.environ.get(FOLDER_VARIABLE) or "~/tensorflow_datasets")
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{error}, by data_dir or {FOLDER_VARIABLE}") from error
    return tfds.builder(name, data_dir=None if data_dir is None else os.fspath(folder))


def prepared(name: str, data_dir: str | os.PathLike | None, otherwise: str) -> Any:
    """TFDS's builder of a data set, downloaded and prepared if it is not yet.

    Args:
      name, data_dir: see `make`.
      otherwise: the last sentence of the error, which says what to do where the data cannot be downloaded.

    Raises:
      FileNotFoundError: if it is not prepared and cannot be downloaded; at once where the host has no address.
    """
    builder = make(name, data_dir)
    if builder.is_prepared():
        return builder
    absent = f"{name} is not prepared in {builder.data_path} and could not be downloaded"
    if is_out_of_reach(name, builder):
        raise FileNotFoundError(f"{absent} ({HOSTS[name]} is not known here). {otherwise}")
    import tensorflow_datasets as tfds

    tfds.disable_progress_bar()
    try:
        builder.download_and_prepare()
    except Exception as error:  # what a missing network raises depends on what is missing
        raise FileNotFoundError(f"{absent} ({type(error).__name__}: {error}). {otherwise}") from error
    return builder


def is_out_of_reach(name: str, builder: Any) -> bool:
    """Whether nothing was downloaded yet and the host has no address; TFDS would try again for minutes."""
    parents: Sequence[Any] = builder.data_path.parents
    return not (parents[1] / "downloads").exists() and _has_no_address(HOSTS[name])


def _has_no_address(host: str) -> bool:
    if urllib.request.getproxies():  # which look addresses up themselves
        return False
    try:
        socket.getaddrinfo(host, 443)
    except OSError:
        return True
    return False
