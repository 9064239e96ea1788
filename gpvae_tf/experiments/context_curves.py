"""Errors against the number of context images, from the scores of a run."""

from collections.abc import Mapping, Sequence


def context_curves(
    scores: Mapping[str, float], sizes: Sequence[int], templates: Mapping[str, str]
) -> dict[str, tuple[list[int], list[float]]]:
    """Numbers of context images and the errors with them, by label; nothing where the scores have none.

    Args:
      scores: by name.
      sizes: numbers of context images.
      templates: label -> the name of its scores, in which {} stands for a size.
    """
    found = {
        label: {size: scores[name] for size in sizes if (name := template.format(size)) in scores}
        for label, template in templates.items()
    }
    return {label: (list(curve), list(curve.values())) for label, curve in found.items() if curve}
