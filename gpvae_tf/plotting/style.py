"""Colours, resolution, axes, array checks and writing, which all figures share."""

from collections.abc import Sequence, Sized
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from gpvae_tf.files import atomic_write

DPI = 150

# Okabe and Ito's palette: told apart with every common colour blindness, and in grey by lightness or line style.
BLUE, ORANGE, GREEN, PINK, SKY, VERMILION = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"
INK, GREY, LIGHT, FAINT = "#333333", "#8C8C8C", "#C4C4C4", "#E3E3E3"
CYCLE = (BLUE, ORANGE, GREEN, PINK, VERMILION, SKY, INK)
TRUE_COLOUR, PREDICTED_COLOUR = BLUE, ORANGE
LineStyle: TypeAlias = Literal["-", "--", ":", "-."]
LINE_STYLES: tuple[LineStyle, ...] = ("-", "--", ":", "-.")


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of a size in inches; at 8 inches its text stays legible in a README."""
    return Figure(figsize=(width, height), dpi=DPI, layout="constrained")


def panel(width: float, height: float, *, grid: Literal["both", "x", "y"] = "both") -> tuple[Figure, Axes]:
    """A figure of a size in inches, and its only axes, tidy."""
    figure = new_figure(width, height)
    axis = figure.subplots()
    tidy(axis, grid=grid)
    return figure, axis


def save(figure: Figure, path: str | Path) -> Path:
    """Writes a figure at 150 dpi on white, making the folder; the suffix names the format (.png, .pdf, .svg).

    Returns:
      the path written.

    Raises:
      ValueError: if matplotlib does not know the suffix.
      OSError: if the file cannot be written.
    """
    path = Path(path)
    with atomic_write(path, "wb") as file:
        figure.savefig(file, dpi=DPI, facecolor="white", format=path.suffix[1:] or "png")
    return path


def show(paths: Sequence[Path]) -> None:
    """Opens PNG files in one window each and waits until the windows are closed; needs a display."""
    import matplotlib.pyplot as plt  # imported here only: pyplot picks a display backend on import

    for path in paths:
        axis = plt.subplots(num=path.stem)[1]
        axis.imshow(plt.imread(path))
        axis.axis("off")
    plt.show()


def tidy(axis: Axes, *, grid: Literal["both", "x", "y"] = "both") -> None:
    """Removes the box and draws faint grid lines behind the data along "x", "y" or "both"."""
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(True, axis=grid, color=FAINT, linewidth=0.8)
    axis.set_axisbelow(True)


def limit_to_late(axis: Axes, curves: Sequence[np.ndarray | Sequence[float]], share: int) -> None:
    """Limits y to the range of curves after the first 1 / `share` of training, whose far values flatten them."""
    late = np.concatenate([values[len(values) // share :] for values in curves])
    to, back = (np.log10, lambda value: 10.0**value) if axis.get_yscale() == "log" else (np.positive, np.positive)
    late = to(late[np.isfinite(late)])
    if late.size and np.ptp(late) > 0:
        margin = 0.05 * np.ptp(late)
        axis.set_ylim(back(np.min(late) - margin), back(np.max(late) + margin))


def label_epochs(axis: Axes) -> None:
    """Labels x with whole epochs."""
    axis.set_xlabel("epoch")
    axis.xaxis.set_major_locator(round_numbers())


def round_numbers() -> MaxNLocator:
    """Ticks at a few round whole numbers."""
    return MaxNLocator(6, steps=(1, 2, 5, 10), integer=True)


def label_steps(axis: Axes, steps: np.ndarray, *, along: str = "x") -> None:
    """Labels an axis with training steps [E], 25,000 as 25k."""
    target = axis.xaxis if along == "x" else axis.yaxis
    target.set_major_locator(FixedLocator(steps.tolist()) if len(steps) == 1 else round_numbers())
    target.set_major_formatter(FuncFormatter(lambda step, _: f"{step / 1000:g}k" if abs(step) >= 1000 else f"{step:g}"))
    target.set_label_text("training step")


def plain_log_ticks(axis: Axis, subs: Sequence[float]) -> None:
    """Ticks at `subs` times powers of ten, written as plain numbers."""
    axis.set_major_locator(LogLocator(subs=subs))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def line_style(steps: np.ndarray) -> dict[str, Any]:
    """Options of a curve over steps [E]; a single epoch gets the marker without which it would not be seen."""
    return {"linewidth": 1.8, "marker": "o" if len(steps) == 1 else None}


def as_array(name: str, values: Any, expected: Sequence[int | str]) -> np.ndarray:
    """Values as a float array of an expected shape; a string stands for any size >= 1 and names it.

    Raises:
      ValueError: naming the argument, what came and what was expected.
    """
    array = np.asarray(values, np.float64)
    fits = array.ndim == len(expected) and array.size > 0
    if not fits or any(want != size for want, size in zip(expected, array.shape, strict=True) if isinstance(want, int)):
        raise ValueError(f"{name} has shape {array.shape}; expected [{', '.join(str(want) for want in expected)}]")
    return array


def not_empty(name: str, given: Sized) -> None:
    """Refuses an empty dict or list, which would make an empty figure."""
    if not len(given):
        raise ValueError(f"{name} is empty: there is nothing to draw")
