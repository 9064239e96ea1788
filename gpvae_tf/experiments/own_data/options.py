"""The options of scripts/own_data.py."""

import dataclasses

from gpvae_tf.flags.options import needs, needs_not, option


@dataclasses.dataclass(frozen=True)
class OwnDataOptions:
    """Options of the script."""

    data: str = option("motions", "What is filled in.", choices=("motions", "videos", "own_model"))
    folder: str | None = option(
        None, "Folder of BasicMotions' .ts files.", needs=needs("data", "motions"), is_path=True
    )
    rows: tuple[str, ...] = option(
        (),
        "Baselines and models, such as linear,gp_per_channel,hiding; all if not given.",
        needs=needs("data", "motions", "videos"),
    )
    gap: int = option(
        0, "Hide this many times in a row, not a fifth of all values.", at_least=0, needs=needs("data", "motions")
    )
    horizon: int = option(
        0,
        "Hide this many times at the end, to be forecast.",
        at_least=0,
        needs=(needs("data", "motions"), needs_not("gap")),
    )
    steps: int = option(600, "Training steps of every model.", at_least=1, needs=needs("data", "motions", "videos"))
    num: int = option(2_000, "Series that are drawn.", at_least=1, needs=needs("data", "own_model"))
    seeds: tuple[str, ...] = option(("0",), "Seeds of the models.")
    level: float = option(0.9, "Level of the intervals.", at_least=0.5, at_most=0.99)
    results: str | None = option(None, "Folder in which own_data.json is written; none by default.", is_path=True)
    figures: str | None = option(
        None, "Folder in which pictures of the first seed's forecasts are written.", is_path=True
    )
