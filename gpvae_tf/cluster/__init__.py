"""The workers of a cluster: who they are, what they agree on before they start, and processes that are workers.

Nothing in here imports TensorFlow.
"""

from gpvae_tf.cluster import slurm
from gpvae_tf.cluster.agreement import agree, disagreement
from gpvae_tf.cluster.kubernetes import from_kubernetes
from gpvae_tf.cluster.processes import Workers, loopback
from gpvae_tf.cluster.rendezvous import exchange
from gpvae_tf.cluster.slurm import from_slurm
from gpvae_tf.cluster.tf_config import Cluster, ClusterError, parse

__all__ = [
    "Cluster",
    "ClusterError",
    "Workers",
    "agree",
    "disagreement",
    "exchange",
    "from_kubernetes",
    "from_slurm",
    "loopback",
    "parse",
    "slurm",
]
