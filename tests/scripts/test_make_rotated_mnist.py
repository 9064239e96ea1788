"""The script that writes rotated MNIST, from the outside; a cached data set stands in for MNIST."""

import numpy as np
import pytest

from gpvae_tf.datasets import cache, rotated_mnist
from gpvae_tf.datasets.rotation_recipes import RotationConfig
from tests.support.scripts import run_file

CONFIG = RotationConfig(digits=(3, 6), num_instances=10, num_angles=4, recipe="fgp", angles_per_instance=2, seed=4)
FLAGS = (
    "--digits=36 --num_instances=10 --num_angles=4 --recipe=fgp --angles_per_instance=2 --seed=4 --vector_dim=5".split()
)


@pytest.fixture
def run(capsys):
    """A function that runs the script."""
    return lambda *flags: run_file("make_rotated_mnist.py", capsys, *flags)


@pytest.fixture
def data(tmp_path):
    draw = np.random.default_rng(0)
    images, labels = draw.integers(0, 256, (30, 28, 28), np.uint8), np.tile([3, 6, 9], 10)
    data = rotated_mnist.generate(images, labels, CONFIG)
    cache.load_or_make(tmp_path / rotated_mnist.cache_name(CONFIG), data.to_arrays)
    return data


def test_writes_every_array_once(data, tmp_path, run):
    out = tmp_path / "new" / "out.npz"
    done = run(*FLAGS, f"--out={out}", f"--data_dir={tmp_path}")
    assert done.status == 0, done.output
    assert "20 objects, train=Split(36 images of 18 objects" in done.output
    written = dict(np.load(out))
    for name in ("train", "eval", "test"):
        split = getattr(data, name)
        for part in ("images", "ids", "angles"):
            np.testing.assert_array_equal(written[f"{name}_{part}"], getattr(split, part))
    assert written["object_vectors"].shape == (20, 5)
    np.testing.assert_array_equal(written["train_mask"], data.train_mask)
    assert {array.dtype.name for array in written.values()} == {"float32", "int32", "bool"}

    before = out.read_bytes()
    again = run(*FLAGS, f"--out={out}", f"--data_dir={tmp_path}")
    assert again.status == 1 and "exists already; nothing was overwritten" in again.output
    assert out.read_bytes() == before


def test_bad_input_gets_one_message(tmp_path, run):
    done = run(f"--out={tmp_path / 'out.npz'}", f"--data_dir={tmp_path / 'data'}", "--held_out_angle=10")
    assert done.status == 1 and not list(tmp_path.iterdir())
    message = "make_rotated_mnist.py: error: held_out_degrees = 10.0 is not among the angles 0, 22.5, 45,"
    assert done.output.strip().splitlines()[-1].startswith(message)
    done = run(f"--out={tmp_path / 'out.npz'}", f"--data_dir={tmp_path / 'data'}", "--angles_per_instance=9")
    assert done.status == 1 and not list(tmp_path.iterdir())
    assert "--angles_per_instance has no effect without --recipe=fgp" in done.output
