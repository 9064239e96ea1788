"""Options that the two rotated-MNIST experiments share; names are the flags of the authors' scripts."""

import dataclasses
from collections.abc import Callable

from gpvae_tf import networks
from gpvae_tf._keras import keras
from gpvae_tf.experiments.config import RunOptions
from gpvae_tf.experiments.pixel_config import PixelConfig
from gpvae_tf.flags.options import needs, option
from gpvae_tf.networks import rotated_mnist as networks_rotated

NETWORKS: dict[str, tuple[Callable[..., keras.Model], Callable[..., keras.Model]]] = {
    "authors": (networks.mnist_encoder, networks.mnist_decoder),
    "wide": (networks_rotated.wide_encoder, networks_rotated.wide_decoder),
}


@dataclasses.dataclass(frozen=True)
class RotatedConfig(PixelConfig):
    """What determines the numbers of both experiments' runs."""

    dataset: str = option("3", "Digits, such as 3 or 13679; 0123456789 is all of MNIST.")
    network_size: str = option(
        "authors",
        "authors: their networks, 5,721 parameters at L = 16; wide: larger ones, 468,193.",
        choices=NETWORKS,
    )
    ov_joint: bool = option(False, "Learn the object vectors.")
    mnist_manual_dir: str | None = option(
        None, "Folder with MNIST's four .gz files, for machines without network.", may_change=True, is_path=True
    )

    def check(self) -> None:
        super().check()
        if not self.dataset or not set(self.dataset) <= set("0123456789") or len(set(self.dataset)) < len(self.dataset):
            raise ValueError(f"--dataset must be different digits such as 3 or 13679, got {self.dataset!r}")


@dataclasses.dataclass(frozen=True)
class RotatedOptions(RunOptions):
    """How a run of either experiment is executed."""

    save_latents: bool = option(
        False, "Write the training images' latents to latents.npz at the end.", needs=needs("save")
    )
