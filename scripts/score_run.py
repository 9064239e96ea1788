"""Scores the newest whole checkpoint of any run, finished or not, as the run itself would be scored at its end.

    python scripts/score_run.py --run=runs/debug_SPRITES_SVGPVAE_Hensman [--out=scores.json]

Prints the numbers with the step of the checkpoint. The run's folder is only read, so a run may go on meanwhile. On
SPRITES it takes minutes, as the scores at the end of a run do.
"""

import json
from pathlib import Path

from gpvae_tf.experiments import load_experiment
from gpvae_tf.experiments.run import one_clear_message
from gpvae_tf.files import atomic_write
from gpvae_tf.flags.command_line import define_path
from gpvae_tf.flags.help import run_main

RUN = define_path("run", None, "Folder of a run, as an experiment script wrote it.", required=True)
OUT = define_path("out", None, "File of the numbers (JSON); none by default.")


def main() -> None:
    """Restores the model, scores it, and prints and writes the numbers."""
    with one_clear_message():
        experiment = load_experiment(Path(RUN.value))
        scores = experiment.score().numbers
        content = {"step": experiment.steps_done, "scores": {name: float(value) for name, value in scores.items()}}
        text = json.dumps(content, indent=1)
        print(text)
        if OUT.value:
            with atomic_write(Path(OUT.value)) as file:
                file.write(text + "\n")


if __name__ == "__main__":
    run_main(main)
