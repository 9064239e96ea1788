"""A line of progress with the time that is left."""

import sys
import time
from typing import Any

from gpvae_tf._keras import keras


class Progress(keras.callbacks.Callback):
    """Says after every evaluation how far training came and how long the rest will take.

    Args:
      steps: in all, those of a run that is continued included.
    """

    def __init__(self, steps: int):
        super().__init__()
        self._steps, self._started, self._first = steps, 0.0, 0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Starts the clock."""
        self._started, self._first = time.monotonic(), self.model.num_steps

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes the line."""
        done = self.model.num_steps
        pace = (time.monotonic() - self._started) / max(done - self._first, 1)
        logs = logs or {}
        known = [f"{text} {logs[name]:.5g}" for name, text in _SHOWN.items() if name in logs]
        left = f"{_duration(pace * (self._steps - done))} left at most" if done < self._steps else "done"
        print(f"step {done:,} of {self._steps:,}: {', '.join(known)}; {left}", file=sys.stderr, flush=True)


_SHOWN = {"elbo": "bound", "stopping_loss": "validation loss", "best_loss": "best", "skipped": "steps skipped"}


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"
