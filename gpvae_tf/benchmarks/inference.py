"""Time to infer q(z | y) of a batch of images, every posterior family on one encoder (Kim & Pavlovic, 2021, Table 5).

The GP encoder's quadratic forms are one batched product here. The paper's code, whose times Table 5 has, loops over the
latent dimensions, so the loop is timed too.
"""

import dataclasses
import functools
import math
from collections.abc import Iterator

import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.benchmarks.inference_families import (
    BASELINE,
    BATCH_SIZE,
    GP,
    LOOP,
    NETWORKS,
    TIMED,
    inference_step,
    project_in_a_loop,
)
from gpvae_tf.benchmarks.measurement import Measurement, in_words, over_baseline
from gpvae_tf.benchmarks.suite import Suite, step_times
from gpvae_tf.flags.options import option
from gpvae_tf.gp import gp_encoder
from gpvae_tf.posteriors.random_weights import WIDTH

DATASET = f"28 x 28 images, batches of {BATCH_SIZE}, dim z = "
PAPER_DIM = 50  # dimension of Table 5 and of the columns of Table 11 that stand here
PAPER = {BASELINE: 3.6, LOOP: 9.9, "SA (1)": 9.7, "SA (2)": 18.1, "SA (4)": 32.2, "SA (8)": 60.8}  # ms, MNIST
PAPER |= {"IAF (1)": 4.8, "IAF (2)": 5.9, "IAF (4)": 6.2, "IAF (8)": 7.7}
PAPER |= {"VLAE (1)": 12.9, "VLAE (2)": 13.4, "VLAE (4)": 17.8, "VLAE (8)": 30.8}


@dataclasses.dataclass(frozen=True)
class InferenceSuite(Suite):
    """Time from 128 images to one draw of q(z | y), every posterior family of the GP-encoder paper over the VAE.

    Then the GP encoder's batched product beside a loop over dimensions, and its time over the one that the numbers of
    products let expect; all this for every --z_dim. Takes about 4 minutes.

    Raises:
      ValueError: if `z_dim` is no list of different numbers >= 1.
    """

    batches: int = option(5, "Batches per turn.", at_least=1)
    z_dim: str = option("10,20,50", "Latent dimensions, with commas between them.")

    def __post_init__(self):
        super().__post_init__()
        parts = self.z_dim.split(",")
        if not all(part.isdecimal() and int(part) >= 1 for part in parts) or len(set(map(int, parts))) < len(parts):
            raise ValueError(f"--z_dim must be different numbers >= 1 such as 10,20,50, got {self.z_dim!r}")

    def measure(self) -> Iterator[list[Measurement]]:
        jit = self.prepare()
        for size in map(int, self.z_dim.split(",")):
            dataset, paper = f"{DATASET}{size}", PAPER if size == PAPER_DIM else {}
            steps = {name: inference_step(family(size), jit=jit) for name, family in TIMED.items()}
            seconds = step_times(steps, self.batches, self.rounds)
            found = over_baseline(seconds, BASELINE, f"inference time over {BASELINE}'s", dataset=dataset)
            over = {name: value / paper[BASELINE] for name, value in paper.items()}
            yield [m._replace(paper=over.get(m.model)) for m in found]
            ratio, expected = seconds[GP] / seconds[BASELINE], product_ratio(size)
            note = f"{ratio:.3g} for {expected:.3g} times the products, aim: at most 1.3 on a CPU"
            over_products = Measurement(GP, dataset, "time ratio over that of the products", ratio / expected, note)
            yield [over_products, *compare_forms(dataset, size)]


def products(network: keras.Sequential) -> int:
    """Multiplications of a network per image: every weight of a kernel once per pixel that its layer gives."""
    layers = [layer for layer in network.layers if hasattr(layer, "kernel")]
    return sum(math.prod(layer.kernel.shape) * math.prod(layer.output_shape[1:-1]) for layer in layers)


def product_ratio(size: int) -> float:
    """Multiplications per image of the GP encoder over the VAE's encoder: 5.7 with 50 latent dimensions."""
    base, features, units = products(NETWORKS.encoder(2 * size)), products(NETWORKS.features()), NETWORKS.units
    triangles = sum((units - start) * min(WIDTH, units - start) for start in range(0, units, WIDTH))
    form = size * (triangles + 2 * units)  # L_j^T psi, its square, and mu_j^T psi
    return (base + 2 * (features + form)) / base


def compare_forms(dataset: str, size: int) -> list[Measurement]:
    """Graph operations of one of the GP encoder's two projections, batched and in a loop.

    Raises:
      ArithmeticError: if their values differ.
    """
    shapes = [(BATCH_SIZE, NETWORKS.units), (size, NETWORKS.units), (size, NETWORKS.units, NETWORKS.units)]
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
