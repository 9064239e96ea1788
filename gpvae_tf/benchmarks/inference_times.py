"""The inference times that Kim & Pavlovic (2021) print, a column for every data set: Tables 5 and 11, milliseconds."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from gpvae_tf.benchmarks.inference_families import BASELINE, LOOP
from gpvae_tf.networks.images import CELEBA, CIFAR10_AND_SVHN, MNIST_AND_OMNIGLOT, ImageNetworks


class Column(NamedTuple):
    """What is published of a data set.

    Attributes:
      networks: the builder of its networks.
      title: what the rows call its images.
      published: latent dimension -> family -> ms per batch of 128 images, on the authors' GPU.
    """

    networks: ImageNetworks
    title: str
    published: Mapping[int, Mapping[str, float]]


# Table 5, of 50 latents; the paper's code of the GP encoder loops over them.
_ROWS = (BASELINE, *(f"SA ({n})" for n in (1, 2, 4, 8)), *(f"IAF ({n})" for n in (1, 2, 4, 8)), LOOP)
_TABLE_5: Mapping[str, tuple[float, ...]] = {
    "mnist": (3.6, 9.7, 18.1, 32.2, 60.8, 4.8, 5.9, 6.2, 7.7, 9.9),
    "omniglot": (4.8, 11.6, 19.2, 34.4, 65.7, 5.7, 6.4, 7.0, 8.2, 10.2),
    "cifar10": (3.7, 9.8, 16.8, 27.9, 60.5, 5.1, 5.6, 6.3, 7.6, 9.3),
    "svhn": (2.2, 7.0, 15.5, 30.1, 60.3, 3.4, 3.7, 4.7, 5.7, 8.0),
    "celeba": (2.7, 8.4, 13.8, 27.1, 53.8, 4.4, 5.1, 5.7, 7.7, 9.2),
}
# Table 11, of VLAE with 1, 2, 4 and 8 steps; it has no other data set.
_TABLE_11: Mapping[str, Mapping[int, tuple[float, ...]]] = {
    "mnist": {10: (10.1, 11.2, 14.8, 20.7), 50: (12.9, 13.4, 17.8, 30.8)},
    "omniglot": {10: (11.2, 13.2, 15.4, 22.1), 50: (12.1, 16.9, 18.7, 26.4)},
}
# MNIST's rows have had their name since before there were others.
_NETWORKS: Mapping[str, tuple[ImageNetworks, str]] = {
    "mnist": (MNIST_AND_OMNIGLOT, "28 x 28 images"),
    "omniglot": (MNIST_AND_OMNIGLOT, "OMNIGLOT, 28 x 28 images"),
    "cifar10": (CIFAR10_AND_SVHN, "CIFAR10, 32 x 32 x 3 images"),
    "svhn": (CIFAR10_AND_SVHN, "SVHN, 32 x 32 x 3 images"),
    "celeba": (CELEBA, "CelebA, 64 x 64 x 3 images"),
}


def _published(name: str) -> dict[int, dict[str, float]]:
    of_vlae = {
        size: {f"VLAE ({n})": ms for n, ms in zip((1, 2, 4, 8), times, strict=True)}
        for size, times in _TABLE_11.get(name, {}).items()
    }
    return of_vlae | {50: dict(zip(_ROWS, _TABLE_5[name], strict=True)) | of_vlae.get(50, {})}


COLUMNS: Mapping[str, Column] = MappingProxyType(
    {name: Column(networks, title, _published(name)) for name, (networks, title) in _NETWORKS.items()}
)
