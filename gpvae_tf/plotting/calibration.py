"""Whether predicted intervals hold as much of the truth as they say."""

import textwrap
from collections.abc import Mapping
from itertools import cycle

import numpy as np
from matplotlib.figure import Figure

from gpvae_tf.plotting import style
from gpvae_tf.plotting.style import CYCLE, GREY, LINE_STYLES, as_array

LEGEND_WIDTH = 60  # characters that the figure is wide


def calibration_curves(curves: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """The share of the truth in central intervals against their level; a calibrated forecast lies on the diagonal.

    Args:
      curves: name of a forecast -> (nominal [k], empirical [k]), such as `evaluation.predictive.calibration_curve`
        gives them.

    Raises:
      ValueError: if there is no curve, a shape does not fit, or a share is outside [0, 1].
    """
    style.not_empty("curves", curves)
    figure, axis = style.panel(5.6, 5.0)
    axis.plot([0, 1], [0, 1], color=GREY, linestyle=":", linewidth=1.2, label="_diagonal")
    for (name, curve), colour, dashes in zip(curves.items(), cycle(CYCLE), cycle(LINE_STYLES), strict=False):
        nominal = as_array(f"nominal levels of {name!r}", curve[0], ("k",))
        empirical = as_array(f"empirical shares of {name!r}", curve[1], nominal.shape)
        for values in (nominal, empirical):
            if np.any((values < 0) | (values > 1)):
                raise ValueError(f"curves[{name!r}] has values outside [0, 1]; expected shares")
        error = np.mean(np.abs(empirical - nominal))
        label = textwrap.fill(f"{name} (mean error {100 * error:.1f} %)", LEGEND_WIDTH)
        order = np.argsort(nominal)
        axis.plot(
            nominal[order], empirical[order], color=colour, linestyle=dashes, marker="o", markersize=3.5, label=label
        )
    axis.text(0.03, 0.95, "intervals too wide", color=GREY, fontsize=9)
    axis.text(0.97, 0.03, "intervals too narrow", color=GREY, fontsize=9, ha="right")
    axis.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axis.set(xlabel="level of the central interval", ylabel="share of the truth inside")
    figure.legend(loc="outside upper center", frameon=False, fontsize=9)
    return figure
