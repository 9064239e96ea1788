"""Writes rotated MNIST as one .npz file of plain arrays, for any use.

    python scripts/make_rotated_mnist.py --digits=3 --seed=0 --recipe=svgp --out=rotated3.npz
    python scripts/make_rotated_mnist.py --digits=0123456789 --recipe=fgp --out=all.npz --mnist_manual_dir=FOLDER

With the defaults the eval and test arrays are those SVGP-VAE's and FGP-VAE's authors published. Takes a minute the
first time, when TFDS prepares MNIST, then 1 second per 4,000 images; a second call reads the cache.

Arrays, float32 and int32, n images, P objects:
  {train,eval,test,validation}_images [n, 28, 28, 1], _ids [n], _angles [n] (radians); validation holds the training
  objects at the held-out angle that test leaves out, and is absent with --drop_rate=0
  upright [P, 28, 28], object_digits [P], object_vectors [P, M] (principal components of upright)
  angles (all of them), held_out_angle, train_mask (bool: training objects x other angles, True if in train)
"""

from pathlib import Path

from absl import flags

from gpvae_tf.data.pca import pca_object_vectors
from gpvae_tf.datasets import cache, rotated_mnist
from gpvae_tf.datasets.rotation_recipes import RECIPES, RotationConfig
from gpvae_tf.experiments.run import one_clear_message
from gpvae_tf.flags.command_line import define_path
from gpvae_tf.flags.help import run_main

DEFAULT = RotationConfig()
DIGITS = flags.DEFINE_string("digits", "3", "Digits, such as 3 or 13679; 0123456789 is all of MNIST.")
RECIPE = flags.DEFINE_enum(
    "recipe",
    DEFAULT.recipe,
    sorted(RECIPES),
    "svgp: images dropped at random, in random order; fgp: whole objects in order, some angles of each.",
)
SEED = flags.DEFINE_integer("seed", DEFAULT.seed, "Seed of the choice of objects, of the held-out angle and of images.")
OUT = define_path("out", None, "File to write, FILE.npz; must not exist.", required=True)
INSTANCES = flags.DEFINE_integer("num_instances", DEFAULT.num_instances, "Objects per digit; the last tenth is eval.")
ANGLES = flags.DEFINE_integer("num_angles", DEFAULT.num_angles, "Number of evenly spaced angles.")
HELD_OUT = flags.DEFINE_float("held_out_angle", None, "One of the angles, in degrees; drawn at random if not given.")
DROP_RATE = flags.DEFINE_float("drop_rate", DEFAULT.drop_rate, "Share of images left out of train (svgp) and test.")
PER_INSTANCE = flags.DEFINE_integer(
    "angles_per_instance", DEFAULT.angles_per_instance, "Training angles of every object (recipe fgp)."
)
VECTOR_DIM = flags.DEFINE_integer("vector_dim", 8, "Number M of principal components that are kept.")
DATA_DIR = define_path("data_dir", None, "Cache folder; GPVAE_TF_DATA or ~/.cache/gpvae_tf if not given.")
MANUAL_DIR = define_path("mnist_manual_dir", None, "Folder with MNIST's four .gz files, for machines without network.")


def main() -> None:
    """Loads or generates the data, writes the file and prints what it holds."""
    with one_clear_message(setting_up=True):
        out = Path(OUT.value)
        if out.exists():
            raise FileExistsError(f"--out={out} exists already; nothing was overwritten")
        if out.suffix != ".npz" or not set(DIGITS.value) <= set("0123456789"):
            raise ValueError(f"--out must end in .npz and --digits be digits, got {out} and {DIGITS.value!r}")
        if PER_INSTANCE.present and RECIPE.value != "fgp":
            raise ValueError("--angles_per_instance has no effect without --recipe=fgp")
        config = RotationConfig(
            digits=tuple(int(digit) for digit in DIGITS.value),
            held_out_degrees=HELD_OUT.value,
            **{flag.name: flag.value for flag in (RECIPE, SEED, INSTANCES, ANGLES, DROP_RATE, PER_INSTANCE)},
        )
        out.parent.mkdir(parents=True, exist_ok=True)  # refuses a place that cannot be written before the work
        data = rotated_mnist.load(config, data_dir=DATA_DIR.value, mnist_manual_dir=MANUAL_DIR.value)
        vectors = pca_object_vectors(data.upright, VECTOR_DIM.value).astype("float32")
        cache.write_npz(out, data.to_arrays() | {"object_vectors": vectors})
        print(f"{out}: {data}")


if __name__ == "__main__":
    run_main(main)
