"""Flags of a run on small made-up characters: 8 of them in 12 poses of 8 x 8 pixels, 6 to train on."""

from pathlib import Path

from tests.support.sprite_sheets import write_images

POSES = tuple(
    f"{action}_{direction}_{time}"
    for action in ("walk", "slash")
    for direction in ("left", "right")
    for time in range(3)
)
OF_ALL = dict(batch_size=20, frames_per_character=10, L=4, eval_every=1)
OF_A_GP = dict(L_action=3, L_character=2, N_context=5, nr_epochs_repr_nn=1, batch_size_repr_nn=16)
SMALL = OF_ALL | OF_A_GP


def write(folder: Path) -> dict[str, object]:
    """Writes the images; the fields of a configuration that say where they are."""
    write_images(folder / "observations", tuple("abcdefgh"), POSES, (8, 8))
    return {"sprites_dir": str(folder / "observations"), "data_dir": str(folder / "data")}
