"""The rows of the GP encoder paper's Tables 1, 2 and 10 at 10 latents, and what each one's run is given.

The paper trains for 2,000 epochs, thirty trainings per number; here `EPOCHS` on two CPU cores. Gaps between families
are what to compare, not levels.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from gpvae_tf.experiments.gp_encoder.experiment import GPEncoderExperiment
from gpvae_tf.experiments.gp_encoder.family_options import COUNTS
from gpvae_tf.experiments.gp_encoder.published import PUBLISHED, Cell
from gpvae_tf.experiments.table import Entry

EPOCHS: Mapping[str, int] = {"mnist": 8, "omniglot": 16, "cifar10": 16}
LEARNING: Mapping[str, Any] = {"learning_rate": 0.002, "cosine": True}  # so few epochs need a faster start
SLOWER: Mapping[str, Any] = {"learning_rate": 5e-4}  # where at 0.002 q ended at p(z) in the first epoch and stayed
SUBSET: Mapping[str, Any] = {"num_train": 3_600, "num_test": 1_000}  # a smoke run; the paper has none of that size
DATA_NAMES: Mapping[str, str] = {
    "mnist": "MNIST",
    "omniglot": "OMNIGLOT 28x28, rebuilt",
    "cifar10": "CIFAR10, 3,600 training and 1,000 test images",
}


def _entry(
    name: str,
    given: Mapping[str, Any],
    *,
    dataset: str = "mnist",
    epochs: int | None = None,
    repeated: bool = False,
) -> Entry:
    """A family with the paper's test log-likelihood, if it is in its tables."""
    epochs = epochs or EPOCHS[dataset]
    given = {"z_dim": 10, **LEARNING, **given, "dataset": dataset, "n_epochs": epochs}
    number = given.get(COUNTS.get(given["model"], ""))
    paper = PUBLISHED.get(Cell(given["model"], number, given.get("decoder", "conv"), dataset, given["z_dim"]))
    about = f"{DATA_NAMES[dataset]}, {epochs} epochs (paper: 2,000)"
    return Entry(name, GPEncoderExperiment, given, about, {} if paper is None else {"test_iwae": paper}, repeated)


GP: Mapping[str, Any] = {"model": "GPENC"}
GP_NAME = "GP encoder"
ENTRIES: Mapping[str, Entry] = MappingProxyType(
    {
        "vae": _entry("VAE", {"model": "VAE"}, repeated=True),
        "gpvae": _entry(GP_NAME, GP, repeated=True),
        "trunks": _entry("VAE, three deterministic trunks", {"model": "TRUNKS"}, repeated=True),
        "vae_slow": _entry("VAE, rate 0.0005", {"model": "VAE", **SLOWER}),
        "gpvae_slow": _entry(f"{GP_NAME}, rate 0.0005", {**GP, **SLOWER}),
        "rme": _entry("RME(2), rate 0.0005", {"model": "RME", "n_component": 2, **SLOWER}),
        "me": _entry("ME(2), rate 0.0005", {"model": "ME", "n_component": 2, **SLOWER}),
        "hf": _entry("HF(2)", {"model": "HF", "n_flow": 2}),
        "iaf": _entry("IAF(2), rate 0.0005", {"model": "IAF", "n_flow": 2, **SLOWER}),
        "sa": _entry("SA(1)", {"model": "SA", "n_svi_step": 1}),
        "vae_dense": _entry("VAE, dense decoder, rate 0.0005", {"model": "VAE", "decoder": "dense", **SLOWER}),
        "vlae": _entry(
            "VLAE(1), dense decoder, rate 0.0005",
            {"model": "VLAE", "decoder": "dense", "n_update": 1, **SLOWER},
        ),
        "gpvae_wide": _entry(f"{GP_NAME}, weights that start wide", {**GP, "lambda_init": 0.0}),
        "plane": _entry(f"{GP_NAME}, 2 latents", {**GP, "z_dim": 2}),
        "omniglot_vae": _entry("VAE", {"model": "VAE"}, dataset="omniglot"),
        "omniglot_gpvae": _entry(GP_NAME, GP, dataset="omniglot"),
        "cifar10_vae": _entry("VAE", {"model": "VAE", **SUBSET}, dataset="cifar10"),
        "cifar10_gpvae": _entry(GP_NAME, {**GP, **SUBSET}, dataset="cifar10"),
    }
)
# Group -> group of the VAE with the same decoder, data and learning rate.
VAE_OF: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("gpvae", "trunks", "hf", "sa", "gpvae_wide"), "vae"),
        **dict.fromkeys(("gpvae_slow", "rme", "me", "iaf"), "vae_slow"),
        "vlae": "vae_dense",
        "omniglot_gpvae": "omniglot_vae",
        "cifar10_gpvae": "cifar10_vae",
    }
)
# The VAEs that others are compared with, and what those have in common, as the panels of curves show it.
REFERENCE_TITLES: Mapping[str, str] = MappingProxyType(
    {"vae": "rate 0.002", "vae_slow": "rate 0.0005", "vae_dense": "dense decoder, rate 0.0005"}
)


def _longer(name: str, given: Mapping[str, Any], *, epochs: int, **more: Any) -> Entry:
    """A family with 100 or 50 epochs, in the first tenth of which the weight of the KL of z rises."""
    return _entry(name, {"warmup": epochs // 10, **given}, epochs=epochs, **more)


_TRIO: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "vae": ("VAE", {"model": "VAE"}),
    "gpvae": (GP_NAME, GP),
    "trunks": ("VAE, three deterministic trunks", {"model": "TRUNKS"}),
}
_DENSE: Mapping[str, Any] = {"decoder": "dense"}
CONVERGED_ENTRIES: Mapping[str, Entry] = MappingProxyType(
    {
        f"{group}{'' if size == 10 else f'_z{size}'}": _longer(
            f"{name}, {size} latents", {**given, "z_dim": size}, epochs=100, repeated=True
        )
        for size in (10, 50)
        for group, (name, given) in _TRIO.items()
    }
    | {
        "vae_50epochs": _longer("VAE", {"model": "VAE"}, epochs=50),
        "sa": _longer("SA(1)", {"model": "SA", "n_svi_step": 1}, epochs=50),
        "hf": _longer("HF(2)", {"model": "HF", "n_flow": 2}, epochs=50),
        "iaf": _longer("IAF(2)", {"model": "IAF", "n_flow": 2}, epochs=50),
        "me": _longer("ME(2)", {"model": "ME", "n_component": 2}, epochs=50),
        "rme": _longer("RME(2)", {"model": "RME", "n_component": 2}, epochs=50),
        "vae_dense": _longer("VAE, dense decoder", {"model": "VAE", **_DENSE}, epochs=50),
        "vlae": _longer("VLAE(1), dense decoder", {"model": "VLAE", "n_update": 1, **_DENSE}, epochs=50),
    }
)
CONVERGED_VAE_OF: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("gpvae", "trunks"), "vae"),
        **dict.fromkeys(("gpvae_z50", "trunks_z50"), "vae_z50"),
        **dict.fromkeys(("sa", "hf", "iaf", "me", "rme"), "vae_50epochs"),
        "vlae": "vae_dense",
    }
)
CONVERGED_TITLES: Mapping[str, str] = MappingProxyType(
    {
        "vae": "10 latents, 100 epochs",
        "vae_z50": "50 latents, 100 epochs",
        "vae_50epochs": "10 latents, 50 epochs",
        "vae_dense": "dense decoder, 10 latents, 50 epochs",
    }
)
