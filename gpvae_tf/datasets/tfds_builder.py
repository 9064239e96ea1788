"""TFDS builders with prepared data; the error says what to do without network."""

import os
import socket
import urllib.request
from collections.abc import Sequence
from pathlib import Path
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


def prepared(
    name: str,
    data_dir: str | os.PathLike | None,
    otherwise: str,
    *,
    manual_dir: str | os.PathLike | None = None,
    files: Sequence[str] = (),
) -> Any:
    """TFDS's builder of a data set, downloaded and prepared if it is not yet.

    Args:
      name, data_dir: see `make`.
      otherwise: the last sentence of the error, which says what to do where the data cannot be downloaded.
      manual_dir: a folder with the original files, which are then not downloaded.
      files: what has to be in it.

    Raises:
      FileNotFoundError: if it is not prepared and cannot be downloaded, at once where the host has no address; or if
        `manual_dir` lacks a file.
      OSError: if what TFDS makes of `manual_dir` cannot be written.
      ValueError: if `manual_dir` has other files than the original ones.
    """
    builder = make(name, data_dir)
    if builder.is_prepared():
        return builder
    absent = f"{name} is not prepared in {builder.data_path} and could not be downloaded"
    if manual_dir is not None:
        lacking = [file for file in files if not (Path(manual_dir) / file).is_file()]
        if lacking:
            raise FileNotFoundError(f"{name}_manual_dir = {manual_dir} lacks {', '.join(lacking)}")
    elif _is_out_of_reach(name, builder):
        raise FileNotFoundError(f"{absent} ({HOSTS[name]} is not known here). {otherwise}")
    import tensorflow_datasets as tfds

    tfds.disable_progress_bar()
    config = tfds.download.DownloadConfig(manual_dir=None if manual_dir is None else os.fspath(manual_dir))
    try:
        builder.download_and_prepare(download_config=config)
    except Exception as error:  # what a missing network or a wrong file raises is TFDS's own business
        if manual_dir is None:
            raise FileNotFoundError(f"{absent} ({type(error).__name__}: {error}). {otherwise}") from error
        if isinstance(error, OSError):
            raise
        raise ValueError(f"{name}_manual_dir = {manual_dir} does not hold the original files: {error}") from error
    return builder


def _is_out_of_reach(name: str, builder: Any) -> bool:
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
