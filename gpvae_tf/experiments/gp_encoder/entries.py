"""The rows of the GP encoder paper's Tables 1, 2 and 10 at 10 latents, and what each one's run is given.

The paper trains for 2,000 epochs, thirty trainings per number; here `EPOCHS` on two CPU cores. Gaps between families
are what to compare, not levels.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

EPOCHS: Mapping[str, int] = {"mnist": 8, "omniglot": 16, "cifar10": 16}
LEARNING: Mapping[str, Any] = {"learning_rate": 0.002, "cosine": True}  # so few epochs need a faster start
SLOWER: Mapping[str, Any] = {"learning_rate": 5e-4}  # where at 0.002 q ended at p(z) in the first epoch and stayed
GPVAE: Mapping[str, Any] = {"model": "GPVAE"}
SUBSET: Mapping[str, Any] = {"num_train": 3_600, "num_test": 1_000}  # a smoke run; the paper has none of that size
# Files that stand in for TFDS where there is no network, in the data folder (`cache.folder`).
FILES: Mapping[str, str] = {"omniglot": "omniglot28.npz", "cifar10": "cifar10_subset.npz"}
DATASETS: Mapping[str, str] = {
    "mnist": "MNIST",
    "omniglot": "OMNIGLOT 28x28, rebuilt",
    "cifar10": "CIFAR10, 3,600 training and 1,000 test images",
}


class Entry(NamedTuple):
    """A run of the table.

    Attributes:
      name: of the model, as the row shows it.
      flags: what its run is given, besides data set and epochs.
      paper: test log-likelihood of the paper's tables, nats.
      dataset: --dataset.
      reference: group of the VAE with the same decoder and data; None for that one itself.
      repeated: whether it is run with every seed, or with the first only.
    """

    name: str
    flags: Mapping[str, Any]
    paper: float | None
    dataset: str = "mnist"
    reference: str | None = "vae"
    repeated: bool = False

    @property
    def epochs(self) -> int:
        """Of its run."""
        return EPOCHS[self.dataset]


ENTRIES: dict[str, Entry] = {
    "vae": Entry("VAE", {"model": "VAE"}, 685.1, reference=None, repeated=True),
    "gpvae": Entry("GPVAE", GPVAE, 696.5, repeated=True),
    "trunks": Entry("VAE, three deterministic trunks", {"model": "TRUNKS"}, None, repeated=True),
    "vae_slow": Entry("VAE, rate 0.0005", {"model": "VAE", **SLOWER}, 685.1, reference=None),
    "gpvae_slow": Entry("GPVAE, rate 0.0005", {**GPVAE, **SLOWER}, 696.5, reference="vae_slow"),
    "rme": Entry("RME(2), rate 0.0005", {"model": "RME", "n_component": 2, **SLOWER}, 697.2, reference="vae_slow"),
    "me": Entry("ME(2), rate 0.0005", {"model": "ME", "n_component": 2, **SLOWER}, 685.7, reference="vae_slow"),
    "hf": Entry("HF(2)", {"model": "HF", "n_flow": 2}, 677.6),
    "iaf": Entry("IAF(2), rate 0.0005", {"model": "IAF", "n_flow": 2, **SLOWER}, 677.7, reference="vae_slow"),
    "sa": Entry("SA(1)", {"model": "SA", "n_svi_step": 1}, 688.1),
    "vae_dense": Entry(
        "VAE, dense decoder, rate 0.0005", {"model": "VAE", "decoder": "dense", **SLOWER}, 563.6, reference=None
    ),
    "vlae": Entry(
        "VLAE(1), dense decoder, rate 0.0005",
        {"model": "VLAE", "decoder": "dense", "n_update": 1, **SLOWER},
        590.0,
        reference="vae_dense",
    ),
    "gpvae_wide": Entry("GPVAE, weights that start wide", {**GPVAE, "lambda_init": 0.0}, 696.5),
    "plane": Entry("GPVAE, 2 latents", {**GPVAE, "z_dim": 2}, None, reference=None),
    "omniglot_vae": Entry("VAE", {"model": "VAE"}, 347.0, "omniglot", None),
    "omniglot_gpvae": Entry("GPVAE", GPVAE, 354.8, "omniglot", "omniglot_vae"),
    "cifar10_vae": Entry("VAE", {"model": "VAE", **SUBSET}, None, "cifar10", None),
    "cifar10_gpvae": Entry("GPVAE", {**GPVAE, **SUBSET}, None, "cifar10", "cifar10_vae"),
}
REFERENCES = ("vae", "vae_slow")  # the VAEs of one budget with the convolutional decoder, by learning rate
COMPARED = tuple(g for g, entry in ENTRIES.items() if g in REFERENCES or entry.reference in REFERENCES)
