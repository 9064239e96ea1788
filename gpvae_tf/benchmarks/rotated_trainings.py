"""The models of both rotated-MNIST papers with the flags of the authors' READMEs, trained epoch by epoch as `fit` does.

An epoch is what scripts/MNIST_experiment.py and FGPVAE_experiments.py do for one: every image once, the smaller last
batch included, with the data pipeline and GPPVAE's new encoding of all images. FGP-VAE has 3,960 training images per
digit, the others 4,050.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

from gpvae_tf.experiments.rotated_mnist.table import RotatedMnistTable, table_entry
from gpvae_tf.experiments.table import Entry
from gpvae_tf.training import execution
from gpvae_tf.training.callbacks import Clock, Evaluate
from gpvae_tf.training.memory import MIB, peak_memory


class TimedTraining(NamedTuple):
    """A model whose epochs are timed.

    Attributes:
      entry: its row with the flags of the authors' README, or a stage of them.
      paper: its time per epoch over CVAE's by the papers' tables, None if they have none.
    """

    entry: Entry
    paper: float | None = None


def _of_table(group: str, paper: float | None = None, **flags: Any) -> TimedTraining:
    entry = RotatedMnistTable.entries[group]
    return TimedTraining(dataclasses.replace(entry, given={**entry.given, **flags}), paper)


# Table 1 of both papers has 0.39 s per epoch for CVAE, 1.90 SVGP-VAE, 1.41 FGP-VAE, 19.10 GPPVAE, 1.15 deep SVIGP.
TIMED_TRAININGS: dict[str, TimedTraining] = {
    "CVAE": _of_table("cvae", paper=1.0),
    "VAE": TimedTraining(table_entry("VAE", {"elbo": "VAE"})),
    "SVGP-VAE, m = 32": _of_table("svgp", paper=4.9),
    "FGP-VAE": _of_table("fgp", paper=3.6),
    "GPPVAE, stage GP": _of_table("gppvae", paper=49.0, opt_regime=("GP-100",)),
    "GPPVAE, stage joint": _of_table("gppvae", opt_regime=("joint-100",)),
    "Deep SVIGP": _of_table("svigp", paper=2.9),
}


class Training:
    """A model on its data, compiled.

    Args:
      experiment: one on rotated MNIST, whose model is trained; of several stages the first is.
      jit: whether to compile with XLA.
      evaluate: whether to score the model after every epoch, outside its time.

    Attributes:
      num_images: number of training images, all of which an epoch sees.
      data_mib: size of all images of all splits, MiB.
      steps_per_epoch: number of mini-batches.
    """

    def __init__(self, experiment: Any, *, jit: bool = False, evaluate: bool = False):
        data = experiment.data
        self.num_images, self.steps_per_epoch = len(data.train), experiment.steps_per_data_epoch
        pixels = [split.images for split in data.splits.values()]
        self.data_mib = sum(array.nbytes for array in (*pixels, data.upright) if array is not None) / MIB
        self._model, self._stream = experiment.model, experiment.stream(0)
        experiment.compile(jit_compile=jit)
        for phase in experiment.phases[:1]:
            phase.enter(self._model)
        evaluation = [Evaluate(lambda model: experiment.evaluate())] if evaluate else []
        self._callbacks = [Clock(), *experiment.callbacks(), *evaluation]

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
      name: name of a model in `TIMED_TRAININGS`.
      given: further fields of its configuration.
      jit: whether to compile with XLA.
    """
    imports, experiment = peak_memory(), TIMED_TRAININGS[name].entry.build(**given)
    execution.prepare(experiment.config.seed)
    training = Training(experiment, jit=jit, evaluate=True)
    training.seconds(1)
    return Memory(peak_memory(), imports, training.data_mib)
