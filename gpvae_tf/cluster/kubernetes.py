"""The cluster of an indexed Kubernetes Job, to whose pods a headless service gives names: JOB-0.SERVICE and so on."""

from collections.abc import Mapping

from gpvae_tf.cluster.tf_config import Cluster, ClusterError

_INDEX = "JOB_COMPLETION_INDEX"


def from_kubernetes(environment: Mapping[str, str], workers: int, service: str, port: int) -> Cluster:
    """The cluster of the Job that this pod belongs to.

    Args:
      environment: variables by name; the pod's name is HOSTNAME.
      workers: completions of the Job, all of which run at once.
      service: name of the headless service, which is the pods' subdomain.
      port: of every worker.

    Raises:
      ClusterError: if a variable is missing, or does not belong to such a Job.
    """
    if lacks := [name for name in (_INDEX, "HOSTNAME") if not environment.get(name)]:
        raise ClusterError(
            f"{' and '.join(lacks)} is not set: start it in a pod of a Kubernetes Job with completionMode: Indexed"
        )
    index, host = environment[_INDEX], environment["HOSTNAME"].partition(".")[0]
    if not index.isdecimal() or int(index) >= workers:
        raise ClusterError(f"{_INDEX}={index} is none of --workers={workers}: it must be the Job's completions")
    job = host.removesuffix(f"-{index}")
    if job == host:
        raise ClusterError(f"the pod's host name {host!r} does not end in its index, -{index}: leave it to the Job")
    return Cluster(tuple(f"{job}-{number}.{service}:{port}" for number in range(workers)), int(index))
