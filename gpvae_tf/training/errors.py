"""What may go wrong in a run though the program is right, which is told in a sentence and without a traceback."""

from gpvae_tf.gp.linalg import FactorizationError
from gpvae_tf.readers import DamagedFileError
from gpvae_tf.training.callbacks import TrainingDiverged
from gpvae_tf.training.checkpoints import CheckpointError
from gpvae_tf.training.run_folder import RunFolderError

EXPECTED_ERRORS = (RunFolderError, CheckpointError, DamagedFileError, TrainingDiverged, FactorizationError, OSError)
