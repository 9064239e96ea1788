"""Log-likelihoods of several models: the distance of each to a reference, and its bound over training."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
from matplotlib.figure import Figure

from gpvae_tf.plotting import style
from gpvae_tf.plotting.style import BLUE, CYCLE, GREY, INK, LINE_STYLES, ORANGE, as_array, line_style


def score_gaps(
    gaps: Mapping[str, tuple[float, float]],
    *,
    reference: str,
    papers: Mapping[str, float] | None = None,
    notes: Mapping[str, str] | None = None,
) -> Figure:
    """How much higher each model's test log-likelihood is than a reference's, with two standard errors.

    Args:
      gaps: model -> (difference, its standard error), nats; a row each, in this order.
      reference: the model at 0.
      papers: model -> the paper's difference, nats, an open diamond.
      notes: model -> what stands at the right of its row (a p-value, say).

    Raises:
      ValueError: if gaps is empty or a standard error is negative.
    """
    style.not_empty("gaps", gaps)
    values = as_array("gaps", list(gaps.values()), (len(gaps), 2))
    if np.any(values[:, 1] < 0):
        raise ValueError(f"standard errors must be >= 0, got {values[:, 1].tolist()}")
    papers, notes = papers or {}, notes or {}
    figure, axis = style.panel(7.6, 1.1 + 0.36 * len(gaps), grid="x")
    rows = np.arange(len(gaps))
    axis.axvline(0.0, color=INK, linewidth=1.0, label="_reference")
    axis.errorbar(
        values[:, 0], rows, xerr=2 * values[:, 1], fmt="o", color=BLUE, capsize=3, label="here, ± 2 standard errors"
    )
    shown = [(papers[name], row) for row, name in enumerate(gaps) if name in papers]
    if shown:
        axis.plot(*zip(*shown), "D", color=ORANGE, markerfacecolor="none", label="paper, 2,000 epochs")
    for row, name in enumerate(gaps):
        axis.annotate(
            notes.get(name, ""), (1.01, row), xycoords=("axes fraction", "data"), va="center", fontsize=8, color=GREY
        )
    axis.set_yticks(rows, list(gaps))
    axis.set(xlabel=f"test log-likelihood minus that of {reference} (nats)", ylim=(len(gaps) - 0.5, -0.5))
    figure.legend(loc="outside upper center", ncols=2, frameon=False)
    return figure


def bound_curves(curves: Mapping[str, tuple[Sequence[float], Sequence[float]]], label: str) -> Figure:
    """A bound of several models over training; y begins at the lowest value after the first fifth of training.

    Args:
      curves: model -> (epochs [E], bounds [E], nats).
      label: name of the bound, for the axis.
    """
    style.not_empty("curves", curves)
    figure, axis = style.panel(7.6, 4.4)
    drawn = []
    # a style each once the colours are used up
    looks = [(colour, dashes) for dashes in LINE_STYLES for colour in CYCLE]
    for (name, (epochs, bounds)), (colour, dashes) in zip(curves.items(), cycle(looks), strict=False):
        epochs = as_array(f"epochs of {name!r}", epochs, ("E",))
        bounds = as_array(f"bounds of {name!r}", bounds, epochs.shape)
        axis.plot(epochs, bounds, color=colour, linestyle=dashes, label=name, **line_style(epochs))
        drawn.append(bounds)
    style.limit_to_late(axis, drawn, 5)
    axis.set_ylabel(label)
    style.label_epochs(axis)
    figure.legend(loc="outside right center", frameon=False)
    return figure
