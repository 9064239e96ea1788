"""Options of whatever fills in sequences: which sequences, what of them is missing, and what is scored."""

import dataclasses

from gpvae_tf.datasets.healing_mnist import HealingConfig
from gpvae_tf.experiments.config import Config
from gpvae_tf.flags.options import needs, option

_IS_HEALING = [needs("data_type", "hmnist"), needs("data_dir", "")]


@dataclasses.dataclass(frozen=True)
class SequencesConfig(Config):
    """The sequences of a run; names and defaults are the flags of train.py in ratschlab/GP-VAE."""

    data_type: str = option(
        "hmnist",
        "What is filled in: pixels of digits that turn (hmnist), frames of digits that turn (frames; not the authors', "
        "but shixinxing/NNGPVAE-official's), or a file.",
        choices=("hmnist", "frames", "physionet", "sprites"),
    )
    data_dir: str = option(
        "",
        "File of the authors' format (.npz), for physionet; if none is given, Healing MNIST is made here, and SPRITES "
        "of --sprites_dir.",
        may_change=True,
        chooses_data=True,
        is_path=True,
        needs=needs("data_type", "hmnist", "physionet", "sprites"),
    )
    sprites_dir: str | None = option(
        None,
        "Folder of the layers that characters are made of, or of their images.",
        may_change=True,
        is_path=True,
        needs=[needs("data_type", "sprites"), needs("data_dir", "")],
    )
    testing: bool = option(False, "Score the test split, not the validation split.", may_change=True)
    seed: int = option(1337, "Random seed of weights, data order and draws.")
    missing: str = option("mnar", "How its pixels go missing.", choices=("mnar", "random"), needs=_IS_HEALING)
    max_angle: float = option(
        HealingConfig.max_angle, "Standard deviation of Healing MNIST's turns, degrees.", at_least=0, needs=_IS_HEALING
    )
    auroc: bool = option(
        True, "Also classify the filled-in sequences by logistic regression, if they have labels.", may_change=True
    )
    angles: str = option(
        "steady",
        "How frames turn: two whole turns, or by a GP.",
        choices=("steady", "drawn"),
        needs=needs("data_type", "frames"),
    )
    num_train: int = option(0, "Training sequences, the first ones; 0 for all.", at_least=0)
    num_scored: int = option(0, "Sequences that are scored, the first ones; 0 for all.", at_least=0)
    cache_dir: str | None = option(
        None, "Cache of generated data; GPVAE_TF_DATA or ~/.cache/gpvae_tf if not given.", may_change=True, is_path=True
    )
    mnist_manual_dir: str | None = option(None, "Folder with MNIST's four .gz files.", may_change=True, is_path=True)

    @property
    def may_change(self) -> tuple[str, ...]:
        """What is scored decides what is trained on for frames: with --testing, the validation sequences too."""
        return tuple(name for name in super().may_change if name != "testing" or self.data_type != "frames")

    def check(self) -> None:
        super().check()
        if self.data_type in ("physionet", "sprites") and not (self.data_dir or self.sprites_dir):
            made = "--sprites_dir, the folder that characters are made of, or " if self.data_type == "sprites" else ""
            raise ValueError(
                f"--data_type={self.data_type} needs {made}--data_dir, an .npz file of the authors' format"
            )
