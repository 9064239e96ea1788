"""The models of both rotated-MNIST papers with the flags of the authors' READMEs, trained epoch by epoch as `fit` does.

An epoch is what scripts/MNIST_experiment.py and FGPVAE_experiments.py do for one: every image once, the smaller last
batch included, with the data pipeline and GPPVAE's new encoding of all images. FGP-VAE has 3,960 training images per
digit, the others 4,050.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from gpvae_tf.benchmarks.fresh_process import MIB, peak_memory
from gpvae_tf.experiments.rotated_mnist.config import RotatedConfig
from gpvae_tf.experiments.rotated_mnist.svgp import MnistConfig
from gpvae_tf.experiments.rotated_mnist.table import ENTRIES
from gpvae_tf.training import execution
from gpvae_tf.training.callbacks import Evaluate, Evaluation


class TimedTraining(NamedTuple):
    """A model whose epochs are timed.

    Attributes:
      config: class of its configuration.
      flags: the flags of the authors' README, or a stage of them.
      paper: its time per epoch over CVAE's by the papers' tables, None if they have none.
    """

    config: type
    flags: Mapping[str, Any]
    paper: float | None = None

    def configure(self, **given: Any) -> RotatedConfig:
        """The configuration with further fields."""
        return self.config(**{**self.flags, **given})


def _of_table(group: str, paper: float | None = None, **flags: Any) -> TimedTraining:
    entry = ENTRIES[group]
    return TimedTraining(entry.config, {**entry.flags, **flags}, paper)


# Table 1 of both papers has 0.39 s per epoch for CVAE, 1.90 SVGP-VAE, 1.41 FGP-VAE, 19.10 GPPVAE, 1.15 deep SVIGP.
MODELS: dict[str, TimedTraining] = {
    "CVAE": _of_table("cvae", paper=1.0),
    "VAE": TimedTraining(MnistConfig, {"elbo": "VAE"}),
    "SVGP-VAE, m = 32": _of_table("svgp", paper=4.9),
    "FGP-VAE": _of_table("fgp", paper=3.6),
    "GPPVAE, stage GP": _of_table("gppvae", paper=49.0, opt_regime=("GP-100",)),
    "GPPVAE, stage joint": _of_table("gppvae", opt_regime=("joint-100",)),
    "Deep SVIGP": _of_table("svigp", paper=2.9),
}


class Training:
    """A model on its data, compiled.

    Args:
      config: configuration of the experiment; of several stages the first is trained.
      jit: whether to compile with XLA.
      evaluation: scores the model after every epoch, outside its time; nothing by default.

    Attributes:
      num_images: number of training images, all of which an epoch sees.
      data_mib: size of all images of all splits, MiB.
      steps_per_epoch: number of mini-batches.
    """

    def __init__(self, config: RotatedConfig, *, jit: bool = False, evaluation: Evaluation = lambda model: {}):
        data = config.data
        self.num_images, self.steps_per_epoch = len(data.train), config.steps_per_data_epoch
        pixels = [split.images for split in data.splits.values()]
        self.data_mib = sum(array.nbytes for array in (*pixels, data.upright) if array is not None) / MIB
        self._model = config.build_model()
        prepare = [phase.prepare for phase in config.phases[:1] if phase.prepare is not None]
        optimizer = prepare[0](self._model) if prepare else config.optimizer()
        self._model.compile(optimizer, jit_compile=jit)
        self._stream = config.stream(0)
        # `Evaluate` comes first, so that its clock runs while the other callbacks begin an epoch.
        self._callbacks = [Evaluate(evaluation), *config.callbacks(self._model)]

    def seconds(self, epochs: int) -> list[float]:
        """Seconds of that many epochs, trained after one that fills the pipeline and traces."""
        options: dict[str, Any] = dict(steps_per_epoch=self.steps_per_epoch, callbacks=self._callbacks, verbose=0)
        history = self._model.fit(self._stream, epochs=1 + epochs, **options)
        return history.history["seconds"][1:]


class Memory(NamedTuple):
    """Resident memory of a training process, MiB.

    Attributes:
      peak: the most that it held.
      imports: the libraries, before any data were loaded.
      data: size of the images of all splits.
    """

    peak: float
    imports: float
    data: float


def memory_of(name: str, given: Mapping[str, Any], jit: bool) -> Memory:
    """Memory of this process for two epochs with evaluation; it must have done nothing else before.

    Args:
      name: name of a model in `MODELS`.
      given: further fields of its configuration.
      jit: whether to compile with XLA.
    """
    imports, config = peak_memory(), MODELS[name].configure(**given)
    execution.prepare(config.seed)
    training = Training(config, jit=jit, evaluation=config.evaluate)
    training.seconds(1)
    return Memory(peak_memory(), imports, training.data_mib)
