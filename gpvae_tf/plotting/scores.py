"""Log-likelihoods of several models: the distance of each to a reference, and its bound over training."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from gpvae_tf.plotting import style
from gpvae_tf.plotting.panels import Curves, draw_curves
from gpvae_tf.plotting.style import BLUE, GREEN, GREY, INK, ORANGE, SKY, as_array


def score_gaps(
    gaps: Mapping[str, tuple[float, float]],
    *,
    reference: str,
    papers: Mapping[str, float] | None = None,
    notes: Mapping[str, str] | None = None,
    notes_title: str = "",
    spreads: Mapping[str, str] | None = None,
) -> Figure:
    """How much higher each model's test log-likelihood is than a reference's, with two standard errors.

    Args:
      gaps: model -> (difference, its standard error), nats; a row each, in this order.
      reference: the model at 0.
      papers: model -> the paper's difference, nats, an open diamond.
      notes: model -> what stands at the right of its row, such as the p-value of the gap that the row shows.
      notes_title: what stands above the notes.
      spreads: model -> what its standard error is over, such as "seeds"; a marker and a line of the legend for each.

    Raises:
      ValueError: if gaps is empty or a standard error is negative.
    """
    style.not_empty("gaps", gaps)
    values = as_array("gaps", list(gaps.values()), (len(gaps), 2))
    if np.any(values[:, 1] < 0):
        raise ValueError(f"standard errors must be >= 0, got {values[:, 1].tolist()}")
    papers, notes, spreads = papers or {}, notes or {}, spreads or {}
    figure, axis = style.panel(8.2, 1.3 + 0.36 * len(gaps), grid="x")
    axis.axvline(0.0, color=INK, linewidth=1.0, label="_reference")
    over = np.array([spreads.get(name, "") for name in gaps])
    for what, marker, colour in zip(dict.fromkeys(over), ("o", "s", "^"), (BLUE, SKY, GREEN), strict=False):
        rows = np.flatnonzero(over == what)
        means, errors = values[rows].T
        label = f"here, ± 2 standard errors{f' over {what}' if what else ''}"
        axis.errorbar(means, rows, xerr=2 * errors, fmt=marker, color=colour, capsize=3, label=label)
    shown = [(papers[name], row) for row, name in enumerate(gaps) if name in papers]
    if shown:
        axis.plot(*zip(*shown), "D", color=ORANGE, markerfacecolor="none", label="paper, 2,000 epochs")
    for row, text in enumerate([notes_title, *(notes.get(name, "") for name in gaps)], start=-1):
        axis.annotate(text, (1.02, row), xycoords=("axes fraction", "data"), va="center", fontsize=8, color=GREY)
    axis.set_yticks(range(len(gaps)), list(gaps))
    axis.set(xlabel=f"test log-likelihood minus that of {reference} (nats)", ylim=(len(gaps) - 0.5, -0.5))
    figure.legend(loc="outside upper center", ncols=1, frameon=False)
    return figure


def bound_curves(curves: Curves, label: str, panels: Mapping[str, Sequence[str]] | None = None) -> Figure:
    """A bound of several models over training; y begins at the lowest value after the first fifth of training.

    Args:
      curves: model -> (epochs [E], bounds [E], nats).
      label: name of the bound, for the axis.
      panels: title -> models; a panel each. All curves stand in one panel if not given.

    Raises:
      ValueError: if there is no curve, a shape does not fit, or a curve is in no panel.
    """
    return draw_curves(curves, panels, values="bounds", label=label, late=5)
