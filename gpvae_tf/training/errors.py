"""Errors of a run that are no bugs: they are told in one sentence, without a traceback."""

import tensorflow as tf

from gpvae_tf.cluster import ClusterError
from gpvae_tf.files import MissingPackage
from gpvae_tf.files.readers import DamagedFileError
from gpvae_tf.gp.factorization import FactorizationError
from gpvae_tf.models.trainer.nonfinite import NonFiniteWeights
from gpvae_tf.models.trainer.nonfinite_cause import NothingTrained
from gpvae_tf.training.checkpoints import CheckpointError
from gpvae_tf.training.divergence import TrainingDiverged
from gpvae_tf.training.run_record import RunFolderError
from gpvae_tf.training.workers import WorkerLost

# The disk or the memory is full, or a folder is not ours to write.
_OF_TENSORFLOW = (tf.errors.ResourceExhaustedError, tf.errors.PermissionDeniedError)
EXPECTED_ERRORS = (
    RunFolderError,
    ClusterError,
    WorkerLost,
    CheckpointError,
    DamagedFileError,
    MissingPackage,
    TrainingDiverged,
    NonFiniteWeights,
    NothingTrained,
    FactorizationError,
    OSError,
    *_OF_TENSORFLOW,
)


def sentence(error: BaseException) -> str:
    """What an error says; of TensorFlow's, which list where in a graph it was, the first line."""
    return str(error).splitlines()[0] if isinstance(error, tf.errors.OpError) else str(error)
