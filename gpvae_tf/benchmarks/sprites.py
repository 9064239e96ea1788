"""Time and memory of SVGP-VAE on SPRITES: beside a VAE on the same networks, its products, and fewer characters."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import tensorflow as tf

from gpvae_tf.benchmarks.fresh_process import MIB, peak_memory, run_in_fresh_process
from gpvae_tf.benchmarks.inference import products
from gpvae_tf.benchmarks.measurement import Measurement, in_words, over_baseline
from gpvae_tf.benchmarks.rotated_trainings import Memory
from gpvae_tf.benchmarks.suite import Suite, seconds_of, step_times, training_step
from gpvae_tf.experiments.options import option
from gpvae_tf.experiments.sprites.config import SpritesConfig
from gpvae_tf.experiments.sprites.experiment import SpritesExperiment
from gpvae_tf.experiments.sprites.table import SpritesTable
from gpvae_tf.models import SVGPVAE
from gpvae_tf.training import execution

BASELINE, GP, PRODUCT = "VAE", "SVGP-VAE", "plain matrix product"
FLAGS: Mapping[str, Mapping[str, Any]] = {BASELINE: {"elbo": "VAE"}, GP: SpritesTable.entries["svgpvae"].given}
NUM_CHARACTERS = (100, 1_000)  # training characters whose memory is compared
SIDE = 2_048  # of the square matrices of the plain product
_BACKWARD = 3  # products of a step per product of the forward pass: its own, and one for each factor's gradient


@dataclasses.dataclass(frozen=True)
class SpritesSuite(Suite):
    """Training steps on SPRITES, data included, of SVGP-VAE with the README's flags over a VAE on the same networks.

    Then the time of SVGP-VAE's step over that of its products at the speed of a plain matrix product, and its peak
    memory with 100 and with 1,000 training characters, each in a process of its own. Takes about 5 minutes, 3 of them
    for the memory.
    """

    steps: int = option(3, "Training steps per turn.", at_least=1)
    memory: bool = option(True, "Measure peak memory, each in a process of its own.")
    data_dir: str | None = option(None, "Cache of generated data; GPVAE_TF_DATA or ~/.cache/gpvae_tf by default.")
    sprites_dir: str | None = option(None, "Folder of the layer images; the cache's folder sprites by default.")

    def _given(self) -> dict[str, Any]:
        return {"data_dir": self.data_dir, "sprites_dir": self.sprites_dir}

    def measure(self) -> Iterator[list[Measurement]]:
        jit = self.prepare()
        trained = {name: _experiment(name, self._given(), PCA=False) for name in FLAGS}  # where it starts takes no time
        steps = {name: training_step(each.model, each.stream(0), jit=jit) for name, each in trained.items()}
        seconds = step_times(steps | {PRODUCT: plain_product()}, self.steps, self.rounds)
        per_step, of_product = {name: seconds[name] for name in FLAGS}, seconds[PRODUCT]
        experiment = trained[GP]
        about: dict[str, Any] = {"dataset": _dataset(experiment)}
        epochs = {name: value * experiment.steps_per_data_epoch for name, value in per_step.items()}
        found = over_baseline(per_step, BASELINE, f"step time over {BASELINE}'s", **about)
        yield [m._replace(seconds_per_epoch=epochs[m.model]) for m in found]
        rate, count = 2.0 * SIDE**3 / of_product, 2.0 * products_of_step(experiment.model, experiment.config.batch_size)
        note = (
            f"{in_words(per_step[GP])} for {count / 1e9:.3g} GFLOP: {count / per_step[GP] / 1e9:.3g} GFLOP/s, "
            f"{rate / 1e9:.3g} in a {PRODUCT}; aim: at most 1.3"
        )
        metric = "step time over that of its products"
        yield [Measurement(GP, metric=metric, value=per_step[GP] * rate / count, note=note, **about)]
        if self.memory:
            yield self._memory(jit)

    def _memory(self, jit: bool) -> list[Measurement]:
        """Peak memory with few and with many characters, and their ratio."""
        used = {num: run_in_fresh_process(memory_of, num, self._given(), jit) for num in NUM_CHARACTERS}
        found = []
        for num, one in used.items():
            note = f"libraries {one.imports:.0f} MiB, training frames {one.data:.0f} MiB"
            metric = "peak memory of a training process"
            found.append(Measurement(GP, f"SPRITES, {num} characters", metric, one.peak, note, unit="MiB"))
        few, many = (used[num] for num in NUM_CHARACTERS)
        metric = f"peak memory over that with {NUM_CHARACTERS[0]} characters"
        note = f"{many.peak - few.peak:.0f} MiB more for {many.data - few.data:.0f} MiB more of frames"
        return [*found, Measurement(GP, found[-1].dataset, metric, many.peak / few.peak, note)]


def _experiment(name: str, given: Mapping[str, Any], **more: Any) -> SpritesExperiment:
    flags = {**FLAGS[name], **given}
    return SpritesExperiment(SpritesConfig(**flags | (more if name == GP else {})))


def _dataset(experiment: SpritesExperiment) -> str:
    height, width, channels = experiment.image_shape
    return f"SPRITES, {experiment.config.batch_size} images of {height} x {width} x {channels}"


def plain_product() -> Any:
    """A function that multiplies two square float32 matrices and waits for the product."""
    a, b = (tf.random.stateless_normal((SIDE, SIDE), (0, number)) for number in range(2))
    multiply = tf.function(tf.matmul)
    return lambda: multiply(a, b)[0, 0].numpy()


def products_of_step(model: SVGPVAE, batch_size: int) -> int:
    """Multiplications of a training step: those of the networks' layers and of the latent GPs' L m^2 b, twice forward.

    A layer's backward pass has as many for the gradient of its weights and as many for that of its input, which the
    layers that see the images do not need.
    """
    embedding: Any = model.embedding  # `AmortizedObjects`
    networks = (model.encoder, embedding.network, model.decoder)
    of_images = sum(_first_products(network) for network in networks[:2])
    points = model.latent_gp.inducing_points.locations.shape[-2]
    of_gps = 2 * model.latent_dim * points**2
    return batch_size * (_BACKWARD * (sum(map(products, networks)) + of_gps) - of_images)


def _first_products(network: Any) -> int:
    layer = next(layer for layer in network.layers if hasattr(layer, "kernel"))
    return int(tf.size(layer.kernel)) * int(tf.reduce_prod(layer.output_shape[1:-1]))


def memory_of(num_characters: int, given: Mapping[str, Any], jit: bool) -> Memory:
    """Memory of this process for some steps of SVGP-VAE and its predictor; it must have done nothing else before.

    The principal components that the poses start from and the predictor read every training frame.

    Args:
      num_characters: training characters; the others are held out.
      given: further fields of the configuration.
      jit: whether to compile with XLA.
    """
    imports = peak_memory()
    num_train = len(_experiment(GP, given).data.train)
    experiment = _experiment(GP, given, num_validation=num_train - num_characters)
    execution.prepare(experiment.config.seed)
    seconds_of(training_step(experiment.model, experiment.stream(0), jit=jit), 1)
    experiment.predictor()
    frames = experiment.data.train.poses.size * experiment.num_pixels
    return Memory(peak_memory(), imports, frames / MIB)
