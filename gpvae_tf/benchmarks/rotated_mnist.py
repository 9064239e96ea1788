"""Time per epoch and peak memory of every model on rotated MNIST, and the clones' times beside ours."""

import dataclasses
import functools
from collections.abc import Iterator, Mapping
from typing import Any

from gpvae_tf.benchmarks.fresh_process import run_in_fresh_process
from gpvae_tf.benchmarks.original_rotated_mnist import FGP_VAE, ORIGINALS, SVGP_VAE
from gpvae_tf.benchmarks.rotated_trainings import MODELS, Memory, Training, memory_of
from gpvae_tf.benchmarks.suite import Measurement, Suite, check_clone, in_words, over_baseline, over_ours, take_turns
from gpvae_tf.training import execution

BASELINE, DIGIT = "CVAE", "3"
SCALED = ("SVGP-VAE, m = 32", "FGP-VAE")  # trained on more digits too
Key = tuple[str, str]  # model, digits


@dataclasses.dataclass(frozen=True)
class MnistSuite(Suite):
    """Epochs of every model of both papers on one digit, and of two of them on more.

    Attributes:
      rounds: turns of every model.
      epochs: per turn, of those that count.
      jit: one of `execution.JIT`.
      digits: train SVGP-VAE and FGP-VAE on these too, for the cost per image; None for digit 3 alone.
      memory: whether to measure peak memory, every model in a process of its own.
      original, original_fgp: folders of clones of ratschlab/SVGP-VAE and metodj/FGP-VAE to time as well, or None.
      data_dir, mnist_manual_dir: as in the experiments.

    Raises:
      ValueError: if `digits` is not two or more different digits.
      CloneError: if a clone is something else.
    """

    rounds: int = 5
    epochs: int = 2
    jit: str = "auto"
    digits: str | None = None
    memory: bool = True
    original: str | None = None
    original_fgp: str | None = None
    data_dir: str | None = None
    mnist_manual_dir: str | None = None

    def __post_init__(self):
        digits = self.digits
        if digits is not None and not (set(digits) <= set("0123456789") and len(set(digits)) == len(digits) > 1):
            raise ValueError(f"--digits must be two or more different digits such as 0123456789, got {digits!r}")
        for repository, clone in self._clones():
            check_clone(clone, repository)

    def _clones(self):
        pairs = ((SVGP_VAE, self.original), (FGP_VAE, self.original_fgp))
        return [(repository, clone) for repository, clone in pairs if clone]

    def _keys(self) -> list[Key]:
        more = [(name, self.digits) for name in SCALED] if self.digits else []
        return [*((name, DIGIT) for name in MODELS), *more]

    def _given(self, digits: str) -> dict[str, Any]:
        return {"dataset": digits, "data_dir": self.data_dir, "mnist_manual_dir": self.mnist_manual_dir}

    def measure(self) -> Iterator[list[Measurement]]:
        jit = execution.use_jit(self.jit)
        execution.prepare(seed=0)
        trained = {key: Training(MODELS[key[0]].configure(**self._given(key[1])), jit=jit) for key in self._keys()}
        turns = {key: functools.partial(training.seconds, self.epochs) for key, training in trained.items()}
        seconds = take_turns(turns, self.rounds)
        ours = {name: seconds[name, DIGIT] for name in MODELS}
        about: dict[str, Any] = {"dataset": _dataset(DIGIT), "epochs": self.rounds * self.epochs}
        found = over_baseline(ours, BASELINE, f"epoch time over {BASELINE}'s", **about)
        yield [m._replace(paper=MODELS[m.model].paper, seconds_per_epoch=ours[m.model]) for m in found]
        if self.digits:
            yield self._scaling(seconds, {key: training.num_images for key, training in trained.items()})
        for repository, clone in self._clones():
            mine = {name: original for name, original in ORIGINALS.items() if original.repository == repository}
            theirs = {name: trained[name, DIGIT].steps_per_epoch * steps.seconds(clone) for name, steps in mine.items()}
            found = over_ours(theirs, ours, "original's epoch time over ours", **about)
            yield [m._replace(seconds_per_epoch=ours[m.model]) for m in found]
        if self.memory:
            yield self._memory(jit)

    def _scaling(self, seconds: Mapping[Key, float], images: Mapping[Key, int]) -> list[Measurement]:
        """Cost per image of more digits over that of one."""
        more = [(name, str(self.digits)) for name in SCALED]
        return [
            Measurement(
                key[0],
                _dataset(key[1]),
                f"epoch time per image over digit {DIGIT}'s",
                seconds[key] / images[key] / (seconds[key[0], DIGIT] / images[key[0], DIGIT]),
                f"{in_words(seconds[key])} for {images[key]} images",
                seconds_per_epoch=seconds[key],
                epochs=self.rounds * self.epochs,
            )
            for key in more
        ]

    def _memory(self, jit: bool) -> list[Measurement]:
        """Peak memory of every training, and what more digits take over the size of their images."""
        used = {key: run_in_fresh_process(memory_of, key[0], self._given(key[1]), jit) for key in self._keys()}
        metric = "peak memory of a training process"
        peaks = [
            Measurement(name, _dataset(digits), metric, one.peak, _contents(one), unit="MiB", epochs=2)
            for (name, digits), one in used.items()
        ]
        growth = []
        for name in SCALED if self.digits else ():
            one, more = used[name, DIGIT], used[name, str(self.digits)]
            peak, data = more.peak - one.peak, more.data - one.data
            metric, note = "growth of peak memory over that of the images", f"{peak:.0f} MiB for {data:.0f} MiB more"
            growth.append(Measurement(name, _dataset(str(self.digits)), metric, peak / data, note, epochs=2))
        return peaks + growth


def _contents(memory: Memory) -> str:
    return f"libraries {memory.imports:.0f} MiB, images {memory.data:.0f} MiB"


def _dataset(digits: str) -> str:
    return f"rotated MNIST, {'digit' if len(digits) == 1 else 'digits'} {digits}"
