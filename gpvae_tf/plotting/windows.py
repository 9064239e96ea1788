"""Pictures in windows, for interactive use."""

from pathlib import Path


def show(paths: list[Path]) -> None:
    """Opens pictures in windows; needs a display."""
    import matplotlib.pyplot as plt  # interactive use only: pyplot picks a display backend on import

    for path in paths:
        axis = plt.subplots(num=path.stem)[1]
        axis.imshow(plt.imread(path))
        axis.axis("off")
    plt.show()
