"""The bound, its parts and the test error over training."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gpvae_tf.plotting.style import BLUE, CYCLE, INK, as_array, label_steps, line_style, new_figure, tidy

_BOUND = ("elbo", "reconstruction", "regularizer")


def training_curves(
    history: Mapping[str, Sequence[float] | np.ndarray], part_names: Sequence[str], *, unit: str
) -> Figure:
    """The bound with its parts, and the test error, against the training step.

    Args:
      history: columns of a metrics.csv, [epochs] each: step, elbo, reconstruction, regularizer, the parts named;
        test_rmse (path units) and skipped (steps so far) are drawn if there. Other columns are ignored.
      part_names: the columns that sum to the regularizer, `model.part_names`. A single part is the regularizer itself
        and gets no curve of its own.
      unit: unit of the bound, such as "nats per video"; it depends on what the model's bound is summed over.

    Raises:
      ValueError: if a column is missing, empty, or of another length.
    """
    missing = [name for name in ("step", *_BOUND, *part_names) if name not in history]
    if missing:
        raise ValueError(f"history lacks the columns {', '.join(missing)}; it has {', '.join(history) or 'none'}")
    steps = as_array("history['step']", history["step"], ("epochs",))
    column = lambda name: as_array(f"history[{name!r}]", history[name], steps.shape)
    has_error = "test_rmse" in history
    figure = new_figure(9.0 if has_error else 5.4, 3.8)
    bound, *rest = figure.subplots(1, 2 if has_error else 1, squeeze=False)[0]
    parts = part_names if len(part_names) > 1 else ()
    curves = {name: column(name) for name in (*_BOUND, *parts)}
    for (name, values), colour in zip(curves.items(), cycle((INK, *CYCLE)), strict=False):
        label = "ELBO" if name == "elbo" else name.replace("_", " ")
        dashes = "-" if name in _BOUND else "--"
        bound.plot(steps, values, color=colour, linestyle=dashes, label=label, **line_style(steps))
    _limit_to_late(bound, list(curves.values()))
    skipped = column("skipped")[-1] if "skipped" in history else 0
    note = f" ({skipped:g} steps skipped as not finite)" if skipped else ""
    bound.set(title=f"bound and its parts{note}", ylabel=unit)
    bound.legend(frameon=False)
    for axis in rest:
        axis.plot(steps, column("test_rmse"), color=BLUE, **line_style(steps))
        axis.set(title="test error", ylabel="RMSE per frame (path units)")
        axis.set_ylim(0, 1.08 * axis.get_ylim()[1])
    for axis in (bound, *rest):
        axis.title.set_fontsize(10)
        tidy(axis)
        label_steps(axis, steps)
    return figure


def _limit_to_late(axis: Axes, curves: Sequence[np.ndarray]) -> None:
    """Limits y to the range after the first tenth of training, whose far lower values would flatten the curves."""
    late = np.concatenate([values[len(values) // 10 :] for values in curves])
    late = late[np.isfinite(late)]
    if late.size and np.ptp(late) > 0:
        margin = 0.05 * np.ptp(late)
        axis.set_ylim(np.min(late) - margin, np.max(late) + margin)
