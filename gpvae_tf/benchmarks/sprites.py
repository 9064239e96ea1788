"""Time and memory of SVGP-VAE on SPRITES: beside a VAE on the same networks, its products, and fewer characters."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import tensorflow as tf

from gpvae_tf.benchmarks.fresh_process import run_in_fresh_process
from gpvae_tf.benchmarks.layer_products import products_alone, products_of_step
from gpvae_tf.benchmarks.measurement import Measurement, over_baseline
from gpvae_tf.benchmarks.rotated_trainings import Memory
from gpvae_tf.benchmarks.suite import Suite, seconds_of, step_times, training_step
from gpvae_tf.experiments.sprites.config import SpritesConfig
from gpvae_tf.experiments.sprites.experiment import SpritesExperiment
from gpvae_tf.experiments.sprites.table import SpritesTable
from gpvae_tf.flags.options import option
from gpvae_tf.training import execution
from gpvae_tf.training.memory import MIB, peak_memory

BASELINE, GP, LAYERS, PRODUCT = "VAE", "SVGP-VAE", "layers' products alone", "plain matrix product"
FLAGS: Mapping[str, Mapping[str, Any]] = {BASELINE: {"elbo": "VAE"}, GP: SpritesTable.entries["svgpvae"].given}
NUM_CHARACTERS = (100, 1_000)  # training characters whose memory is compared
SIDE = 2_048  # of the square matrices of the plain product


@dataclasses.dataclass(frozen=True)
class SpritesSuite(Suite):
    """Training steps on SPRITES, data included, of SVGP-VAE with the README's flags over a VAE on the same networks.

    Then the time of SVGP-VAE's step over that of its layers' products alone, both in GFLOP/s beside a plain matrix
    product, and its peak memory with 100 and with 1,000 training characters, each in a process of its own. Takes about
    6 minutes, half of them for the memory.
    """

    batches: int = option(5, "Batches per turn.", at_least=1)
    memory: bool = option(True, "Measure peak memory, each in a process of its own.")
    data_dir: str | None = option(
        None, "Cache of generated data; GPVAE_TF_DATA or ~/.cache/gpvae_tf by default.", is_path=True
    )
    sprites_dir: str | None = option(
        None, "Folder of the layer images; the cache's folder sprites by default.", is_path=True
    )

    def _given(self) -> dict[str, Any]:
        return {"data_dir": self.data_dir, "sprites_dir": self.sprites_dir}

    def measure(self) -> Iterator[list[Measurement]]:
        jit = self.prepare()
        trained = {name: _experiment(name, self._given(), PCA=False) for name in FLAGS}  # where it starts takes no time
        steps = {name: training_step(each.model, each.stream(0), jit=jit) for name, each in trained.items()}
        experiment = trained[GP]
        networks, size = _networks(experiment), experiment.config.batch_size
        given = networks, networks[:2], size
        seconds = step_times(
            steps | {LAYERS: products_alone(*given), PRODUCT: plain_product()}, self.batches, self.rounds
        )
        about: dict[str, Any] = {"dataset": _dataset(experiment)}
        found = over_baseline(
            {name: seconds[name] for name in FLAGS}, BASELINE, f"step time over {BASELINE}'s", **about
        )
        yield [m._replace(seconds_per_epoch=seconds[m.model] * experiment.steps_per_data_epoch) for m in found]
        count = 2e-9 * products_of_step(*given)
        speeds = {name: count / seconds[name] for name in (GP, LAYERS)} | {PRODUCT: 2e-9 * SIDE**3 / seconds[PRODUCT]}
        note = ", ".join(f"{name} {speed:.3g} GFLOP/s" for name, speed in speeds.items())
        ratios = {
            "step time over that of its layers' products alone": seconds[GP] / seconds[LAYERS],
            f"time of its layers' products over that of as large {PRODUCT}s": speeds[PRODUCT] / speeds[LAYERS],
        }
        yield [Measurement(GP, metric=metric, value=value, note=note, **about) for metric, value in ratios.items()]
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


def _networks(experiment: SpritesExperiment) -> tuple[Any, ...]:
    """Encoder, representation network and decoder; the first two see the images."""
    model = experiment.model
    return model.encoder, model.embedding.network, model.decoder


def _dataset(experiment: SpritesExperiment) -> str:
    height, width, channels = experiment.event_shape
    return f"SPRITES, {experiment.config.batch_size} images of {height} x {width} x {channels}"


def plain_product() -> Any:
    """A function that multiplies two square float32 matrices and waits for the product."""
    a, b = (tf.random.stateless_normal((SIDE, SIDE), (0, number)) for number in range(2))
    multiply = tf.function(tf.matmul)
    return lambda: multiply(a, b)[0, 0].numpy()


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
