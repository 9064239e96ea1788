"""Runs scripts/BALL_experiment.py with this process's flags, as a worker that is disturbed once, as DISTURBED says.

FOLDER:stop   worker 1 gets SIGTERM in step 3
FOLDER:kill   worker 1 is killed (SIGKILL) as it is about to note its second checkpoint, which it then does not have

A file in FOLDER remembers that it was.
"""

import json
import os
import runpy
import signal
import sys
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))

from gpvae_tf.training import checkpoint_files, stopping  # noqa: E402
from gpvae_tf.training.divergence import StopOnNonFinite  # noqa: E402

FOLDER, HOW = os.environ["DISTURBED"].split(":")
MARK = Path(FOLDER) / f"{HOW}.done"
IS_CHOSEN = json.loads(os.environ["TF_CONFIG"])["task"]["index"] == 1 and not MARK.exists()
seen, write_list = StopOnNonFinite.on_train_batch_end, checkpoint_files.write_list


def stop_in_step_3(self, batch, logs=None):
    """Stands in for a callback that sees every batch."""
    seen(self, batch, logs)
    if self.model.num_steps == 3:
        MARK.touch()
        os.kill(os.getpid(), signal.SIGTERM)


def kill_at_checkpoint_2(folder, kept):
    """Stands in for what follows the writing of a checkpoint, in which the other worker has to take part."""
    if 2 in kept:
        MARK.touch()
        checkpoint_files.delete(checkpoint_files.prefix(folder, 2))
        os.kill(os.getpid(), signal.SIGKILL)
    write_list(folder, kept)


stopping._SECONDS = 0.0  # workers look at their signals after every step
if IS_CHOSEN and HOW == "stop":
    StopOnNonFinite.on_train_batch_end = stop_in_step_3
elif IS_CHOSEN and HOW == "kill":
    checkpoint_files.write_list = kill_at_checkpoint_2
runpy.run_path(str(SCRIPTS / "BALL_experiment.py"), run_name="__main__")
