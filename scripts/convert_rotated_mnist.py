"""Converts the rotated MNIST that SVGP-VAE's and FGP-VAE's authors published, five pickles, to one .npz of arrays.

    python scripts/convert_rotated_mnist.py --folder="SVGP-VAE/MNIST data" --digits=3 --out=rotated3.npz
    python scripts/MNIST_experiment.py --elbo=SVGPVAE_Hensman --mnist_data_path=rotated3.npz

The folder is "MNIST data/" of ratschlab/SVGP-VAE or metodj/FGP-VAE, with train_data3.p, eval_data3.p, test_data3.p,
pca_ov_init3.p and train_ids_mask3.p. Takes ten seconds. The arrays of the .npz are those of make_rotated_mnist.py,
without the validation split and the upright images, which the authors did not publish.

Nothing in the pickles is run, and none is unpickled: see `gpvae_tf.datasets.pickled_arrays`.
"""

import argparse
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gpvae_tf.datasets import cache
from gpvae_tf.datasets.pickled_arrays import PickleError, read
from gpvae_tf.datasets.rotated_splits import RotatedMNIST
from gpvae_tf.datasets.splits import Split
from gpvae_tf.files import expanded

_FILES = ("train_data", "eval_data", "test_data", "pca_ov_init", "train_ids_mask")


def read_folder(folder: str | os.PathLike, digits: str = "3") -> RotatedMNIST:
    """The data set in the authors' five files.

    Args:
      folder: the folder that holds them.
      digits: the digits at the end of the files' names.

    Raises:
      FileNotFoundError: if a file is missing; the message names it.
      PickleError: if one is not what it should be, or shows an object that has no vector.
    """
    paths = {name: Path(folder) / f"{name}{digits}.p" for name in _FILES}
    if absent := [path.name for path in paths.values() if not path.is_file()]:
        raise FileNotFoundError(f"{folder} lacks {', '.join(absent)}")
    vectors, mask = read(paths["pca_ov_init"]), read(paths["train_ids_mask"])
    for name, array, ndim in (("pca_ov_init", vectors, 2), ("train_ids_mask", mask, 1)):
        if not isinstance(array, np.ndarray) or array.ndim != ndim:
            raise PickleError(f"{paths[name]} is not an array of {ndim} dimension(s)")
    splits = {name: _read_split(paths[f"{name}_data"], len(vectors)) for name in ("train", "eval", "test")}
    classes = np.array([int(digit) for digit in digits], np.int32)
    return RotatedMNIST(
        **splits,
        validation=None,
        upright=None,
        object_digits=np.repeat(classes, -(-len(vectors) // len(classes)))[: len(vectors)],
        angles=np.unique(np.concatenate([split.angles for split in splits.values()])),
        held_out_angle=splits["test"].angles[0],
        train_mask=mask.astype(bool),
        object_vectors=vectors,
    )


def _read_split(path: Path, num_objects: int) -> Split:
    """The split in a pickle {"images" [n, 28, 28, 1], "aux_data" [n, 2 + M]}, whose rows begin with (id, angle)."""
    content = read(path)
    if not isinstance(content, dict) or not all(isinstance(content.get(k), np.ndarray) for k in ("images", "aux_data")):
        raise PickleError(f"{path} is not a dict of arrays 'images' and 'aux_data'")
    auxiliary = content["aux_data"]
    if auxiliary.ndim != 2 or auxiliary.shape[1] < 2 or np.any(auxiliary[:, 0] % 1):
        raise PickleError(f"aux_data of {path} has shape {auxiliary.shape}; expected rows (integer id, angle, ...)")
    split = Split(content["images"], auxiliary[:, 0].astype(np.int32), auxiliary[:, 1])
    split.check_ids(num_objects, path.name)
    return split


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the pickles and writes the .npz file, or exits with one message."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--helpshort", action="help", help="As of every other script: the same as --help.")
    parser.add_argument("--folder", type=expanded, required=True, help="Folder that holds the five pickles.")
    parser.add_argument("--digits", default="3", help="Digits at the end of the files' names (default: 3).")
    parser.add_argument("--out", type=expanded, required=True, help="File to write, FILE.npz; must not exist.")
    given = parser.parse_args(arguments)
    try:
        if not re.fullmatch("[0-9]+", given.digits) or given.out.suffix != ".npz":
            raise ValueError(f"--digits must be digits and --out end in .npz, got {given.digits!r} and {given.out}")
        if given.out.exists():
            raise FileExistsError(f"--out={given.out} exists already; nothing was overwritten")
        data = read_folder(given.folder, given.digits)
        cache.write_npz(given.out, data.to_arrays())
    except (ValueError, OSError) as error:
        sys.exit(f"{Path(__file__).name}: error: {error}")
    print(f"{given.out}: {data}")


if __name__ == "__main__":
    main()
