"""Exports the newest whole checkpoint of any run as a SavedModel with its signatures: the next version in a folder.

    python scripts/export_savedmodel.py --run=runs/debug_SVGPVAE_Hensman --out=/tmp/served

The first call writes /tmp/served/1, the second /tmp/served/2, which a server that watches /tmp/served then takes. Takes
seconds. See `gpvae_tf.serving` for names, shapes and units of the signatures.
"""

from pathlib import Path

from gpvae_tf.experiments import load_experiment
from gpvae_tf.experiments.run import one_clear_message
from gpvae_tf.files.versions import may_hold_versions
from gpvae_tf.flags.command_line import define_path
from gpvae_tf.flags.help import run_main
from gpvae_tf.training.run_record import RunFolderError, read_record

RUN = define_path("run", None, "Folder of a run, as an experiment script wrote it.", required=True)
OUT = define_path("out", None, "Folder of the SavedModel's versions; RUN/saved_model if not given.")


def main() -> None:
    """Restores the model, exports it and prints where."""
    with one_clear_message():
        run = Path(RUN.value)
        out = Path(OUT.value) if OUT.value else run / "saved_model"
        if OUT.value and not may_hold_versions(out):
            raise RunFolderError(f"--out={out} exists and holds no versions of a SavedModel; nothing was overwritten")
        read_record(run)  # refuses what is no run before a folder is made for it
        experiment = load_experiment(run)
        if (servable := experiment.servable()) is None:
            raise RunFolderError(f"{run} is a run of {experiment.name}, which has no model to export")
        out.mkdir(parents=True, exist_ok=True)
        print(f"SavedModel of step {experiment.steps_done}: {servable.write_version(out)}")


if __name__ == "__main__":
    run_main(main)
