"""Curves over training: the bound with its parts, test errors beside the papers' values, and GECO's multiplier."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
from matplotlib.figure import Figure

from gpvae_tf.plotting import style
from gpvae_tf.plotting.panels import Curves, draw_curves
from gpvae_tf.plotting.style import BLUE, CYCLE, INK, LINE_STYLES, as_array, line_style
from gpvae_tf.plotting.tradeoffs import MSE_LABEL

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
    figure = style.new_figure(9.0 if has_error else 5.4, 3.8)
    bound, *rest = figure.subplots(1, 2 if has_error else 1, squeeze=False)[0]
    parts = part_names if len(part_names) > 1 else ()
    curves = {name: column(name) for name in (*_BOUND, *parts)}
    for (name, values), colour in zip(curves.items(), cycle((INK, *CYCLE)), strict=False):
        label = "ELBO" if name == "elbo" else name.replace("_", " ")
        dashes = "-" if name in _BOUND else "--"
        bound.plot(steps, values, color=colour, linestyle=dashes, label=label, **line_style(steps))
    style.limit_to_late(bound, list(curves.values()), 10)
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
        style.tidy(axis)
        style.label_steps(axis, steps)
    return figure


def learning_curves(
    curves: Curves, targets: Mapping[str, float] | None = None, panels: Mapping[str, Sequence[str]] | None = None
) -> Figure:
    """Test error over training, logarithmic, with each paper's final value as a dashed line of the model's colour.

    Args:
      curves: model name -> (epochs [E], test MSE per pixel [E]).
      targets: model name -> value its paper reports; a model without a curve gets a grey line.
      panels: title -> model names; a panel each. All curves stand in one panel if not given.

    Raises:
      ValueError: if there is no curve, a shape does not fit, or a curve is in no panel.
    """
    figure = draw_curves(curves, panels, values="MSE", label=MSE_LABEL, late=20, log=True, targets=targets)
    for axis in figure.axes:
        style.plain_log_ticks(axis.yaxis, (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.0))
    return figure


def multiplier_curves(
    histories: Mapping[str, tuple[Sequence[float], Sequence[float], Sequence[float]]],
    constraint_label: str = "MSE - κ² (per pixel)",
) -> Figure:
    """GECO's multiplier lambda (logarithmic) and the constraint it enforces, over training.

    Args:
      histories: label -> (epochs [E], multipliers lambda [E], constraints [E]); a constraint <= 0 is met.
      constraint_label: name of the constraint, with its unit.

    Raises:
      ValueError: if histories is empty, a shape does not fit, or a multiplier is not positive.
    """
    style.not_empty("histories", histories)
    figure = style.new_figure(7.6, 5.0)
    above, below = figure.subplots(2, 1, sharex=True)
    for (label, history), colour, dashes in zip(histories.items(), cycle(CYCLE), cycle(LINE_STYLES), strict=False):
        epochs = as_array(f"epochs of {label!r}", history[0], ("E",))
        multipliers = as_array(f"multipliers of {label!r}", history[1], epochs.shape)
        constraints = as_array(f"constraints of {label!r}", history[2], epochs.shape)
        if np.any(multipliers <= 0):
            raise ValueError(f"multipliers of {label!r} must be > 0, the least is {np.min(multipliers):g}")
        options = dict(color=colour, linestyle=dashes, label=label, **line_style(epochs))
        above.plot(epochs, multipliers, **options)
        below.plot(epochs, constraints, **options)
    below.axhline(0.0, color=INK, linewidth=1.0, label="_zero")
    for axis in (above, below):
        style.tidy(axis)
    above.set(yscale="log", ylabel="multiplier λ")
    below.set_title("constraint, met at or below 0", fontsize=10)
    below.set_ylabel(constraint_label)
    style.label_epochs(below)
    figure.legend(*above.get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False)
    return figure
