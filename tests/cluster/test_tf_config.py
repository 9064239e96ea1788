"""TF_CONFIG: what TensorFlow's own resolver reads is read so, and what is wrong is one sentence."""

import json
import re
from pathlib import Path

import pytest
import tensorflow as tf

from gpvae_tf.cluster import Cluster, ClusterError, parse

HOSTS = ["a:1", "b:2", "[::1]:3"]


def config(cluster, **task):
    return json.dumps({"cluster": cluster, "task": task})


@pytest.mark.parametrize("index", [0, 2])
def test_workers(index):
    cluster = parse(config({"worker": HOSTS}, type="worker", index=index))
    assert cluster == Cluster(tuple(HOSTS), index)
    assert cluster.folder(Path("run")) == Path("run" if index == 0 else "run/worker_2")


def test_a_chief_comes_first():
    jobs = {"chief": HOSTS[:1], "worker": HOSTS[1:]}
    places = [parse(config(jobs, **task)) for task in ({"type": "chief", "index": 0}, {"type": "worker", "index": 0})]
    assert [place.index for place in places] == [0, 1] and places[0].workers == tuple(HOSTS)
    assert [place.folder(Path("run")) for place in places] == [Path("run"), Path("run/worker_0")]


@pytest.mark.parametrize("has_chief", [False, True])
@pytest.mark.parametrize("index", [0, 1, 2])
def test_tensorflow_reads_what_is_written(index, has_chief, monkeypatch):
    cluster = Cluster(tuple(HOSTS), index, has_chief)
    (name, value), *_ = cluster.environment().items()
    monkeypatch.setenv(name, value)
    resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
    jobs = resolver.cluster_spec().as_dict()
    assert [*jobs.get("chief", []), *jobs["worker"]] == HOSTS
    assert jobs[resolver.task_type][resolver.task_id] == HOSTS[index]
    assert parse(value) == cluster


@pytest.mark.parametrize(
    "text, told",
    [
        (None, "needs the environment variable TF_CONFIG"),
        ("", "needs the environment variable TF_CONFIG"),
        ("{", "TF_CONFIG is no JSON"),
        ("[]", "has no cluster: []"),
        ('{"cluster": {}}', "has no cluster"),
        (json.dumps({"cluster": {"worker": HOSTS}}), "has no task"),
        (config({"worker": HOSTS}, index=0), "a task of type None; the cluster has worker"),
        (config({"worker": HOSTS}, type="chief", index=0), "a task of type 'chief'; the cluster has worker"),
        (config({"worker": HOSTS}, type="worker", index=3), "the task index 3; the cluster's worker has from 0 to 2"),
        (config({"worker": HOSTS}, type="worker", index="0"), "the task index '0'"),
        (config({"worker": HOSTS}, type="worker", index=True), "the task index True"),
        (config({"worker": "a:1"}, type="worker", index=0), "expected a list of host:port"),
        (config({"worker": ["a:1", "a"]}, type="worker", index=0), "has the address 'a'"),
        (config({"worker": ["a:99999"]}, type="worker", index=0), "has the address 'a:99999'"),
        (config({"worker": ["a:²"]}, type="worker", index=0), "has the address 'a:²'"),
        (config({"worker": ["a:1", "a:1"]}, type="worker", index=0), "lists a:1 twice"),
        (config({"ps": ["a:1"], "worker": ["b:1"]}, type="worker", index=0), "has the job 'ps'"),
        (config({"chief": HOSTS[:2], "worker": HOSTS[2:]}, type="worker", index=0), "has 2 chiefs"),
    ],
)
def test_what_is_wrong_is_one_sentence(text, told):
    with pytest.raises(ClusterError, match=re.escape(told)) as caught:
        parse(text)
    assert "\n" not in str(caught.value)
