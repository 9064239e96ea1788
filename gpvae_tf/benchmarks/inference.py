"""Time to infer q(z | y) of a batch of images, every posterior family on one encoder (Kim & Pavlovic, 2021, Table 5).

The GP encoder's quadratic forms are one batched product here. The paper's code, whose times Table 5 has, loops over the
latent dimensions, so the loop is timed too.
"""

import dataclasses
import functools
from collections.abc import Iterator, Mapping

import tensorflow as tf

from gpvae_tf.benchmarks.inference_families import (
    BASELINE,
    BATCH_SIZE,
    GP,
    LOOP,
    TIMED,
    inference_step,
    project_in_a_loop,
)
from gpvae_tf.benchmarks.inference_times import COLUMNS
from gpvae_tf.benchmarks.layer_products import products
from gpvae_tf.benchmarks.measurement import Measurement, in_words, over_baseline
from gpvae_tf.benchmarks.suite import Suite, step_times
from gpvae_tf.flags.options import option
from gpvae_tf.gp import gp_encoder
from gpvae_tf.networks.images import ImageNetworks
from gpvae_tf.posteriors.random_weights import WIDTH


@dataclasses.dataclass(frozen=True)
class InferenceSuite(Suite):
    """Time from 128 images to one draw of q(z | y), every posterior family of the GP-encoder paper over the VAE.

    Then the GP encoder's batched product beside a loop over dimensions, and its time over the one that the numbers of
    products let expect; all this for every --z_dim, on the networks of one data set. Takes about 4 minutes for MNIST's.

    Raises:
      ValueError: if `z_dim` is no list of different numbers >= 1.
    """

    batches: int = option(5, "Batches per turn.", at_least=1)
    z_dim: str = option("10,20,50", "Latent dimensions, with commas between them.")
    networks: str = option(
        "mnist",
        "Data set whose networks are timed, on noise of its size, beside its columns of Tables 5 and 11. VLAE is timed "
        "where Table 11 has it.",
        choices=tuple(COLUMNS),
    )

    def __post_init__(self):
        super().__post_init__()
        parts = self.z_dim.split(",")
        if not all(part.isdecimal() and int(part) >= 1 for part in parts) or len(set(map(int, parts))) < len(parts):
            raise ValueError(f"--z_dim must be different numbers >= 1 such as 10,20,50, got {self.z_dim!r}")

    def measure(self) -> Iterator[list[Measurement]]:
        jit, (networks, title, published) = self.prepare(), COLUMNS[self.networks]
        has_vlae = any("VLAE" in name for times in published.values() for name in times)
        timed = {name: family for name, family in TIMED.items() if has_vlae or "VLAE" not in name}
        for size in map(int, self.z_dim.split(",")):
            dataset, paper = f"{title}, batches of {BATCH_SIZE}, dim z = {size}", published.get(size, {})
            steps = {name: inference_step(family(networks, size), networks, jit=jit) for name, family in timed.items()}
            seconds = step_times(steps, self.batches, self.rounds)
            found = over_baseline(seconds, BASELINE, f"inference time over {BASELINE}'s", dataset=dataset)
            yield [beside_paper(m, paper) for m in found]
            ratio, expected = seconds[GP] / seconds[BASELINE], product_ratio(networks, size)
            note = f"{ratio:.3g} for {expected:.3g} times the products, aim: at most 1.3 on a CPU"
            over_products = Measurement(GP, dataset, "time ratio over that of the products", ratio / expected, note)
            yield [over_products, *compare_forms(dataset, networks.units, size)]


def beside_paper(m: Measurement, paper: Mapping[str, float]) -> Measurement:
    """A measurement beside the paper's ratio; where it prints a family's time and not the VAE's, the note has the time.

    Args:
      m: the time of a family over the VAE's.
      paper: family -> ms.
    """
    if m.model not in paper:
        return m
    if BASELINE not in paper:
        return m._replace(note=f"{m.note}, paper {paper[m.model]} ms")
    return m._replace(paper=paper[m.model] / paper[BASELINE])


def product_ratio(networks: ImageNetworks, size: int) -> float:
    """Multiplications per image of the GP encoder over the VAE's encoder: 5.7 on MNIST's networks with 50 latents."""
    base, features, units = products(networks.encoder(2 * size)), products(networks.features()), networks.units
    triangles = sum((units - start) * min(WIDTH, units - start) for start in range(0, units, WIDTH))
    form = size * (triangles + 2 * units)  # L_j^T psi, its square, and mu_j^T psi
    return (base + 2 * (features + form)) / base


def compare_forms(dataset: str, units: int, size: int) -> list[Measurement]:
    """Graph operations of one of the GP encoder's two projections, batched and in a loop.

    Args:
      dataset: what the rows are of.
      units: p, number of features.
      size: L, number of latent dimensions.

    Raises:
      ArithmeticError: if their values differ.
    """
    shapes = [(BATCH_SIZE, units), (size, units), (size, units, units)]
    features, mean, square = (tf.random.stateless_normal(shape, (0, number)) for number, shape in enumerate(shapes))
    given = features, mean, tf.linalg.band_part(square, -1, 0)
    forms = {GP: functools.partial(gp_encoder.project, width=WIDTH), LOOP: project_in_a_loop}
    compiled = {name: tf.function(form) for name, form in forms.items()}
    moments = [form(*given) for form in compiled.values()]
    difference = max(float(tf.reduce_max(tf.abs(a - b) / tf.reduce_max(tf.abs(a)))) for a, b in zip(*moments))
    if not difference < 1e-4:
        raise ArithmeticError(f"the batched product and the loop differ by {difference:.2g} of the largest value")
    counts = {name: len(f.get_concrete_function(*given).graph.get_operations()) for name, f in compiled.items()}
    steps = {name: lambda f=f: [part.numpy() for part in f(*given)] for name, f in compiled.items()}
    seconds = step_times(steps, 5, 3)
    metric, note = "graph operations of one projection", f"values differ by {difference:.1g}"
    return [
        Measurement(name, dataset, metric, counts[name], f"{in_words(seconds[name])}, {note}", unit="operations")
        for name in forms
    ]
