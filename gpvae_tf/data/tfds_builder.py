"""TFDS builders with prepared data; the error says what to do without network."""

import os


def prepared(name: str, data_dir: str | os.PathLike | None, otherwise: str):
    """TFDS's builder of a data set, downloaded and prepared if it is not yet.

    Args:
      name: name of the data set in TFDS.
      data_dir: where TFDS keeps what it prepared; its own default if None.
      otherwise: the last sentence of the error, which says what to do where the data cannot be downloaded.

    Raises:
      FileNotFoundError: if it is not prepared and cannot be downloaded.
    """
    import tensorflow_datasets as tfds  # takes seconds, and needs to be there only when data are made

    builder = tfds.builder(name, data_dir=None if data_dir is None else os.fspath(data_dir))
    if builder.is_prepared():
        return builder
    tfds.disable_progress_bar()
    try:
        builder.download_and_prepare()
    except Exception as error:  # what a missing network raises depends on what is missing
        raise FileNotFoundError(
            f"{name} is not prepared in {builder.data_path} and could not be downloaded ({type(error).__name__}: "
            f"{error}). {otherwise}"
        ) from error
    return builder
