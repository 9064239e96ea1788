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


class Timed(NamedTuple):
    """A model to be timed.

    Attributes:
      config: class of its configuration.
      flags: the README's, or a stage of theirs.
      paper: its time per epoch over CVAE's, from the papers' tables.
    """

    config: type
    flags: Mapping[str, Any]
    paper: float | None = None

    def configure(self, **given: Any) -> RotatedConfig:
        """The configuration of its runs."""
        return self.config(**{**self.flags, **given})


def _of_table(group: str, paper: float | None = None, **flags: Any) -> Timed:
    entry = ENTRIES[group]
    return Timed(entry.config, {**entry.flags, **flags}, paper)


# Table 1 of both papers has 0.39 s per epoch for CVAE, 1.90 SVGP-VAE, 1.41 FGP-VAE, 19.10 GPPVAE, 1.15 deep SVIGP.
MODELS: dict[str, Timed] = {
    "CVAE": _of_table("cvae", paper=1.0),
    "VAE": Timed(MnistConfig, {"elbo": "VAE"}),
    "SVGP-VAE, m = 32": _of_table("svgp", paper=4.9),
    "FGP-VAE": _of_table("fgp", paper=3.6),
    "GPPVAE, stage GP": _of_table("gppvae", paper=49.0, opt_regime=("GP-100",)),
    "GPPVAE, stage joint": _of_table("gppvae", opt_regime=("joint-100",)),
    "Deep SVIGP": _of_table("svigp", paper=2.9),
}


class Training:
    """A model on its data, compiled.

    Args:
      config: of the experiment; of several stages the first is trained.
      jit: compile with XLA.
      evaluation: done after every epoch, outside its time; none by default.

    Attributes:
      num_images: training images, all of which an epoch sees.
      data_mib: size of all images of all splits, MiB.
      steps_per_epoch: mini-batches.
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
        # its clock runs while the others begin an epoch
        self._callbacks = [Evaluate(evaluation), *config.callbacks(self._model)]

    def seconds(self, epochs: int) -> list[float]:
        """Trains that many epochs and one before them, which fills the pipeline and traces; seconds of the others."""
        history = self._model.fit(
            self._stream,
            epochs=1 + epochs,
            steps_per_epoch=self.steps_per_epoch,
            callbacks=self._callbacks,
            verbose=0,
        )
        return history.history["seconds"][1:]


class Memory(NamedTuple):
    """What a training process held resident, MiB.

    Attributes:
      peak: at most.
      imports: before it loaded anything, libraries.
      data: size of the images of all splits.
    """

    peak: float
    imports: float
    data: float


def memory_of(name: str, given: Mapping[str, Any], jit: bool) -> Memory:
    """Memory of this process for two epochs with evaluation; it must have done nothing else before.

    Args:
      name: of a model in `MODELS`.
      given: further fields of its configuration.
      jit: compile with XLA.
    """
    imports, config = peak_memory(), MODELS[name].configure(**given)
    execution.prepare(config.seed)
    training = Training(config, jit=jit, evaluation=config.evaluate)
    training.seconds(1)
    return Memory(peak_memory(), imports, training.data_mib)
