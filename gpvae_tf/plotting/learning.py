"""Test errors over training beside the papers' values, and the multiplier that weighs a constraint."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from gpvae_tf.plotting import style
from gpvae_tf.plotting.style import CYCLE, GREY, INK, LINE_STYLES, as_array, line_style
from gpvae_tf.plotting.tradeoffs import MSE_LABEL


def learning_curves(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]], targets: Mapping[str, float] | None = None
) -> Figure:
    """Test error over training, logarithmic, with each paper's final value as a dashed line of the model's colour.

    Args:
      curves: model name -> (epochs [E], test MSE per pixel [E]).
      targets: model name -> value its paper reports; a model without a curve gets a grey line.

    Raises:
      ValueError: if curves is empty or a shape does not fit.
    """
    style.not_empty("curves", curves)
    figure = style.new_figure(7.6, 4.4)
    axis = figure.subplots()
    style.tidy(axis)
    colours = dict(zip(curves, cycle(CYCLE), strict=False))
    for count, (name, (epochs, mse)) in enumerate(curves.items()):
        epochs = as_array(f"epochs of {name!r}", epochs, ("E",))
        mse = as_array(f"MSE of {name!r}", mse, epochs.shape)
        dashes = "-:"[count // len(CYCLE) % 2]  # colours come again
        axis.plot(epochs, mse, color=colours[name], label=name, **{"linestyle": dashes, **line_style(epochs)})
    for name, value in (targets or {}).items():
        colour = colours.get(name, GREY)
        axis.axhline(value, color=colour, linestyle="--", linewidth=1.2, label=f"{name}, paper: {value:.4f}")
    axis.set(xlabel="epoch", ylabel=MSE_LABEL, yscale="log")
    style.plain_log_ticks(axis.yaxis, (1.0, 1.5, 2.0, 3.0, 5.0, 7.0))
    axis.xaxis.set_major_locator(MaxNLocator(6, steps=(1, 2, 5, 10), integer=True))
    figure.legend(loc="outside right center", frameon=False)
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
    below.set(xlabel="epoch", ylabel=constraint_label)
    below.xaxis.set_major_locator(MaxNLocator(6, steps=(1, 2, 5, 10), integer=True))
    figure.legend(*above.get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False)
    return figure
