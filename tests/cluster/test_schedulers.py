"""Clusters of SLURM's and Kubernetes' variables; lists of nodes as TensorFlow's own resolver expands them."""

import pytest
from tensorflow.python.distribute.cluster_resolver import slurm_cluster_resolver as oracle

from gpvae_tf.cluster import ClusterError, from_kubernetes, from_slurm
from gpvae_tf.cluster.slurm import expanded_counts, expanded_hosts


def step(nodes="n[9-11]", tasks="2,1(x2)", process="2", **more):
    names = ("SLURM_STEP_NODELIST", "SLURM_STEP_TASKS_PER_NODE", "SLURM_PROCID")
    return {name: value for name, value in zip(names, (nodes, tasks, process)) if value is not None} | more


@pytest.mark.parametrize("nodes", ["a", "a,b", "n[1-3]", "n[08-11],login", "n[1,3-4,7],m[2]", "n[098-102]"])
def test_lists_of_nodes(nodes):
    assert list(expanded_hosts(nodes)) == oracle.expand_hostlist(nodes)


def test_lists_that_tensorflow_does_not_know():
    assert list(expanded_hosts("r[1-2]n[3-4]")) == ["r1n3", "r1n4", "r2n3", "r2n4"]
    assert list(expanded_hosts("n[1-2]-ib,x")) == ["n1-ib", "n2-ib", "x"]


@pytest.mark.parametrize("counts", ["1", "2(x3)", "3(x2),2,1"])
def test_tasks_per_node(counts):
    assert list(expanded_counts(counts)) == oracle.expand_tasks_per_node(counts)


def test_a_step_of_slurm():
    """n9 comes before n10, as SLURM counts its tasks."""
    cluster = from_slurm(step(), 4000)
    assert cluster.workers == ("n9:4000", "n9:4001", "n10:4000", "n11:4000") and cluster.index == 2


@pytest.mark.parametrize(
    "environment, told",
    [
        ({}, "SLURM_STEP_NODELIST and SLURM_STEP_TASKS_PER_NODE and SLURM_PROCID is not set"),
        (step(process=None), "SLURM_PROCID is not set"),
        (step(process="4"), "SLURM_PROCID=4 is none of the 4 tasks"),
        (step(tasks="1"), "has 3 nodes, SLURM_STEP_TASKS_PER_NODE=1 has 1"),
        (step(tasks="two"), "SLURM_STEP_TASKS_PER_NODE=two is no list of numbers"),
        (step(nodes="n[1-"), "is no list of SLURM nodes"),
        (step(nodes="n[a-c]"), "'a-c' is no range of numbers"),
        (step(SLURM_DISTRIBUTION="cyclic"), "SLURM_DISTRIBUTION must be block"),
        (step(SLURM_DISTRIBUTION="cyclic,Pack"), "SLURM_DISTRIBUTION must be block"),
        (step(SLURM_PROCID="²"), "SLURM_PROCID=² is none of"),
    ],
)
def test_wrong_variables_of_slurm(environment, told):
    with pytest.raises(ClusterError) as caught:
        from_slurm(environment)
    assert told in str(caught.value)


@pytest.mark.parametrize("distribution", ["block:cyclic", "block,NoPack", "block:cyclic,Pack", "*:block"])
def test_tasks_that_fill_a_node_first(distribution):
    assert from_slurm(step(SLURM_DISTRIBUTION=distribution)) == from_slurm(step())


def test_every_task_of_a_node_has_a_port():
    most = max(int(worker.rpartition(":")[2]) for worker in from_slurm(step(), port=1).workers)
    assert from_slurm(step(), port=2**16 - most).workers
    with pytest.raises(ClusterError, match=f"--port={2**16 - most + 1} leaves no port for each of {most} tasks"):
        from_slurm(step(), port=2**16 - most + 1)


def test_a_pod_of_an_indexed_job():
    cluster = from_kubernetes({"JOB_COMPLETION_INDEX": "1", "HOSTNAME": "fit-1"}, 2, "workers", 2222)
    assert cluster.workers == ("fit-0.workers:2222", "fit-1.workers:2222") and cluster.index == 1


@pytest.mark.parametrize(
    "environment, told",
    [
        ({}, "JOB_COMPLETION_INDEX and HOSTNAME is not set"),
        ({"JOB_COMPLETION_INDEX": "2", "HOSTNAME": "fit-2"}, "JOB_COMPLETION_INDEX=2 is none of --workers=2"),
        ({"JOB_COMPLETION_INDEX": "1", "HOSTNAME": "mine"}, "host name 'mine' does not end in its index, -1"),
    ],
)
def test_wrong_variables_of_kubernetes(environment, told):
    with pytest.raises(ClusterError) as caught:
        from_kubernetes(environment, 2, "workers", 2222)
    assert told in str(caught.value)
