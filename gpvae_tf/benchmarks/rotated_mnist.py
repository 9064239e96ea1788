"""Time per epoch and peak memory of every model on rotated MNIST, and the clones' times beside ours."""

import dataclasses
import functools
from collections.abc import Iterator, Mapping
from typing import Any

from gpvae_tf.benchmarks.fresh_process import run_in_fresh_process
from gpvae_tf.benchmarks.measurement import Measurement, in_words, over_baseline, over_ours
from gpvae_tf.benchmarks.original_rotated_mnist import ORIGINALS
from gpvae_tf.benchmarks.rotated_trainings import TIMED_TRAININGS, Training, memory_of
from gpvae_tf.benchmarks.suite import TableSuite, take_turns
from gpvae_tf.flags.options import option

BASELINE, DIGIT = "CVAE", "3"
SCALED = ("SVGP-VAE, m = 32", "FGP-VAE")  # trained on more digits too
Key = tuple[str, str]  # model, digits


@dataclasses.dataclass(frozen=True)
class MnistSuite(TableSuite):
    """Epochs of rotated MNIST, digit 3, of every model of SVGP-VAE and FGP-VAE with the READMEs' flags, over CVAE's.

    With --digits the cost per image of more digits over that of one; with clones of ratschlab/SVGP-VAE and
    metodj/FGP-VAE the time of their steps too, times the steps of an epoch; then the peak memory of every model in a
    process of its own. Takes about 4 minutes, 8 with --digits, and 6 more with both clones.

    Raises:
      ValueError: if `digits` is not two or more different digits.
    """

    epochs: int = option(2, "Epochs per turn, after one that is not timed.", at_least=1)
    digits: str | None = option(None, "Also time SVGP-VAE and FGP-VAE on these digits, such as 0123456789.")
    memory: bool = option(True, "Measure peak memory, each in a process of its own.")
    original: str | None = option(None, "A clone of ratschlab/SVGP-VAE to time beside ours.")
    original_fgp: str | None = option(None, "A clone of metodj/FGP-VAE to time beside ours.")

    def __post_init__(self):
        super().__post_init__()
        digits = self.digits
        if digits is not None and not (set(digits) <= set("0123456789") and len(set(digits)) == len(digits) > 1):
            raise ValueError(f"--digits must be two or more different digits such as 0123456789, got {digits!r}")

    def _keys(self) -> list[Key]:
        more = [(name, self.digits) for name in SCALED] if self.digits else []
        return [*((name, DIGIT) for name in TIMED_TRAININGS), *more]

    def _given(self, digits: str) -> dict[str, Any]:
        return {"dataset": digits, **self.places}

    def measure(self) -> Iterator[list[Measurement]]:
        jit = self.prepare()
        trained = {
            key: Training(TIMED_TRAININGS[key[0]].entry.build(**self._given(key[1])), jit=jit) for key in self._keys()
        }
        turns = {key: functools.partial(training.seconds, self.epochs) for key, training in trained.items()}
        seconds = take_turns(turns, self.rounds)
        ours = {name: seconds[name, DIGIT] for name in TIMED_TRAININGS}
        about: dict[str, Any] = {"dataset": _dataset(DIGIT), "epochs": self.rounds * self.epochs}
        found = over_baseline(ours, BASELINE, f"epoch time over {BASELINE}'s", **about)
        yield [m._replace(paper=TIMED_TRAININGS[m.model].paper, seconds_per_epoch=ours[m.model]) for m in found]
        if self.digits:
            yield self._scaling(seconds, {key: training.num_images for key, training in trained.items()})
        for repository, clone in self.clones():
            mine = {name: original for name, original in ORIGINALS.items() if original.repository == repository}
            theirs = {name: trained[name, DIGIT].steps_per_epoch * steps.seconds(clone) for name, steps in mine.items()}
            found = over_ours(theirs, ours, "original's epoch time over ours", **about)
            yield [m._replace(seconds_per_epoch=ours[m.model]) for m in found]
        if self.memory:
            yield self._memory(jit)

    def _scaling(self, seconds: Mapping[Key, float], images: Mapping[Key, int]) -> list[Measurement]:
        """Cost per image of more digits over that of one."""
        digits, metric = str(self.digits), f"epoch time per image over digit {DIGIT}'s"
        about: dict[str, Any] = {"dataset": _dataset(digits), "epochs": self.rounds * self.epochs}
        per_image = {key: seconds[key] / images[key] for key in seconds}
        return [
            Measurement(
                name,
                metric=metric,
                value=per_image[name, digits] / per_image[name, DIGIT],
                note=f"{in_words(seconds[name, digits])} for {images[name, digits]} images",
                seconds_per_epoch=seconds[name, digits],
                **about,
            )
            for name in SCALED
        ]

    def _memory(self, jit: bool) -> list[Measurement]:
        """Peak memory of every training, and what more digits take over the size of their images."""
        used = {key: run_in_fresh_process(memory_of, key[0], self._given(key[1]), jit) for key in self._keys()}
        metric = "peak memory of a training process"
        found = []
        for (name, digits), one in used.items():
            note = f"libraries {one.imports:.0f} MiB, images {one.data:.0f} MiB"
            found.append(Measurement(name, _dataset(digits), metric, one.peak, note, unit="MiB", epochs=2))
        for name in SCALED if self.digits else ():
            one, more = used[name, DIGIT], used[name, str(self.digits)]
            peak, data = more.peak - one.peak, more.data - one.data
            metric, note = "growth of peak memory over that of the images", f"{peak:.0f} MiB for {data:.0f} MiB more"
            found.append(Measurement(name, _dataset(str(self.digits)), metric, peak / data, note, epochs=2))
        return found


def _dataset(digits: str) -> str:
    return f"rotated MNIST, {'digit' if len(digits) == 1 else 'digits'} {digits}"
