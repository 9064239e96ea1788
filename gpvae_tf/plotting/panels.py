"""Curves of several models over training, in panels of a few models each, so that lines can be told apart."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from gpvae_tf.plotting import style
from gpvae_tf.plotting.style import CYCLE, GREY, LineStyle, as_array, line_style

Curves = Mapping[str, tuple[Sequence[float], Sequence[float]]]  # model -> epochs [E] and values [E]
_PANEL = 3.3  # inches across one of several panels
_DASHES: tuple[LineStyle, ...] = ("-", ":", "-.")  # "--" is for published values


def draw_curves(
    curves: Curves,
    panels: Mapping[str, Sequence[str]] | None,
    *,
    values: str,
    label: str,
    late: int,
    log: bool = False,
    targets: Mapping[str, float] | None = None,
) -> Figure:
    """One panel with its legend at the right, or several panels side by side, each with its legend below.

    Args:
      curves: model -> epochs [E] and values [E].
      panels: title -> its models, those without a curve left out; a model may stand in several panels and has one
        colour. None draws all in one panel.
      values: what the values are called if they are refused.
      label: label of the y axis.
      late: y shows what is reached after the first 1 / `late` of training.
      log: whether y is logarithmic.
      targets: model -> published value, a dashed line of the model's colour wherever the model has a curve; that of a
        model without a curve is a grey line in the first panel.

    Raises:
      ValueError: if there is no curve, a shape does not fit, or a curve is in no panel.
    """
    style.not_empty("curves", curves)
    targets, checked = targets or {}, _checked(curves, values)
    wanted: Mapping[str, Iterable[str]] = panels or {"": curves}
    shown = {title: [name for name in names if name in curves] for title, names in wanted.items()}
    shown = {title: names for title, names in shown.items() if names}
    lost = [name for name in curves if not any(name in names for names in shown.values())]
    if lost:
        raise ValueError(f"panels has no place for {', '.join(lost)}; it has {', '.join(panels or ())}")
    figure = style.new_figure(*((7.6, 4.4) if len(shown) == 1 else (0.4 + _PANEL * len(shown), 5.0)))
    looks, grey = _looks(shown.values()), [name for name in targets if name not in curves]
    for axis, (title, names) in zip(figure.subplots(1, len(shown), squeeze=False)[0], shown.items(), strict=True):
        style.tidy(axis)
        axis.set_title(title, fontsize=10)
        axis.set_yscale("log" if log else "linear")
        handles = {name: _curve(axis, name, *checked[name], looks[name]) for name in names}
        published = {name: targets[name] for name in [*names, *grey] if name in targets}
        for name, value in published.items():
            handles.setdefault(name, _target(axis, name, value, looks.get(name, (GREY, "-"))[0]))
        style.limit_to_late(axis, [*(checked[name][1] for name in names), *([v] for v in published.values())], late)
        style.label_epochs(axis)
        _legend(figure if len(shown) == 1 else axis, handles, published)
        grey = []
    figure.axes[0].set_ylabel(label)
    return figure


def _checked(curves: Curves, values: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    found = {}
    for name, (epochs, curve) in curves.items():
        steps = as_array(f"epochs of {name!r}", epochs, ("E",))
        found[name] = steps, as_array(f"{values} of {name!r}", curve, steps.shape)
    return found


def _looks(panels: Iterable[Sequence[str]]) -> dict[str, tuple[str, LineStyle]]:
    """Colour and line style of every model; no two models of a panel look alike until there are 21."""
    all_looks = [(colour, dashes) for dashes in _DASHES for colour in CYCLE]
    looks: dict[str, tuple[str, LineStyle]] = {}
    for names in panels:
        taken = [looks[name] for name in names if name in looks]
        free = cycle([look for look in all_looks if look not in taken] or all_looks)
        looks |= {name: next(free) for name in names if name not in looks}
    return looks


def _curve(axis: Axes, name: str, epochs: np.ndarray, values: np.ndarray, look: tuple[str, LineStyle]) -> Line2D:
    colour, dashes = look
    return axis.plot(epochs, values, color=colour, linestyle=dashes, label=name, **line_style(epochs))[0]


def _target(axis: Axes, name: str, value: float, colour: str) -> Line2D:
    return axis.axhline(value, color=colour, linestyle="--", linewidth=1.2, label=f"{name}, paper: {value:.4f}")


def _legend(owner: Figure | Axes, handles: Mapping[str, Line2D], published: Mapping[str, float]) -> None:
    """Names the models, with published values in brackets: at the right of a figure, or below axes."""
    labels = [f"{name} ({published[name]:.4f})" if name in published else name for name in handles]
    title = "dashed and in brackets: the paper's value" if published else None
    options: dict = dict(loc="outside right center")
    if isinstance(owner, Axes):
        options = dict(loc="upper left", bbox_to_anchor=(-0.05, -0.16), fontsize=8, title_fontsize=8)
    owner.legend([*handles.values()], labels, title=title, frameon=False, alignment="left", **options)
