"""Labels beside points, each at the first place around its point where it covers nothing."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

_APART = 6.0  # points between a label and the middle of its marker
_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))  # right, left, above, below, corners
_ALIGNED = {-1: ("right", "top"), 0: ("center", "center"), 1: ("left", "bottom")}
_MARKER = 5.0  # screen pixels that a marker takes at each side of its middle


def label_points(axis: Axes, points: np.ndarray, texts: Sequence[str], colours: Sequence[str]) -> list[Annotation]:
    """Writes a text beside every point; called when all else is drawn and the limits of the axes are final.

    A label goes to the first of eight sides where it covers no other label, no marker and no line of the axes and does
    not leave them, or to the one where it covers least.

    Args:
      axis: the axes, with its lines.
      points: [P, 2], in the units of the axes.
      texts: of each point, [P].
      colours: of each text, [P].
    """
    figure = axis.get_figure()
    assert isinstance(figure, Figure)
    figure.draw_without_rendering()  # lays the figure out, so that places on the screen are known
    frame = axis.get_window_extent()
    screen = axis.transData.transform(points)
    taken = [Bbox.from_extents(*(at - _MARKER), *(at + _MARKER)) for at in screen]
    lines = [np.asarray(axis.transData.transform(line.get_xydata())) for line in axis.get_lines()]
    labels = []
    for point, text, colour in zip(points, texts, colours, strict=True):
        candidates = [_annotate(axis, point, text, colour, side) for side in _SIDES]
        boxes = [label.get_window_extent() for label in candidates]
        faults = [_faults(box, taken, lines, frame) for box in boxes]
        best = int(np.argmin(faults))
        taken.append(boxes[best])
        labels.append(candidates.pop(best))
        for label in candidates:
            label.remove()
    return labels


def _annotate(axis: Axes, point: np.ndarray, text: str, colour: str, side: tuple[int, int]) -> Annotation:
    (horizontal, _), (_, vertical) = (_ALIGNED[step] for step in side)
    place = (_APART * side[0], _APART * side[1])
    options = dict(textcoords="offset points", fontsize=8, color=colour, ha=horizontal, va=vertical)
    label = axis.annotate(text, tuple(point), place, **options)  # type: ignore[arg-type]
    label.set_in_layout(False)  # it lies inside, and the layout is done
    return label


def _faults(box: Bbox, taken: Sequence[Bbox], lines: Sequence[np.ndarray], frame: Bbox) -> int:
    """How much a label would cover, or leave the axes."""
    outside = 4 * (not (frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1))
    return outside + 4 * sum(box.overlaps(other) for other in taken) + sum(_crosses(box, line) for line in lines)


def _crosses(box: Bbox, line: np.ndarray) -> bool:
    """Whether a polyline [n, 2] passes through a box, looked at every few pixels."""
    if len(line) < 2:
        return False
    steps = np.linspace(0.0, 1.0, 200)[:, np.newaxis, np.newaxis]
    passed = (line[:-1] + steps * (line[1:] - line[:-1])).reshape(-1, 2)
    return bool(np.any(np.all((passed > box.min) & (passed < box.max), axis=-1)))
