"""Workers meet, here as threads: all hear the same, and what keeps them from training together is told to everyone."""

import dataclasses
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from gpvae_tf.cluster import Cluster, ClusterError, agree, exchange, loopback, rendezvous


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    """Nobody waits long in a test."""
    monkeypatch.setattr(rendezvous, "_PAUSE", 0.01)
    monkeypatch.setattr(rendezvous, "_PATIENCE", 0.3)


def together(*calls):
    """What each of some calls, made at the same time, returns or raises."""

    def outcome(call):
        try:
            return call()
        except ClusterError as error:
            return str(error)

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(outcome, calls))


def met(clusters, settings=None, refusals=None, seconds=5.0):
    """What the workers are told that agree on their settings."""
    settings, refusals = settings or [{}] * len(clusters), refusals or [""] * len(clusters)
    parts = zip(clusters, settings, refusals)
    return together(*(lambda p=p: agree(p[0], p[1], refusal=p[2], seconds=seconds) for p in parts))


def test_everyone_hears_everyone():
    clusters = loopback(3)
    late = lambda: (time.sleep(0.2), exchange(clusters[0], {"word": (0,)}, seconds=5.0))[1]
    heard = together(late, *(lambda c=c: exchange(c, {"word": (c.index,)}, seconds=5.0) for c in clusters[1:]))
    assert heard[0] == heard[1] == heard[2]
    assert [each["word"] for each in heard[0]] == [[0], [1], [2]]
    socket.create_server(("", clusters[0].address()[1])).close()  # the port is free for TensorFlow


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_workers_without_ipv4():
    of_ipv6 = lambda worker: f"[::1]:{worker.rpartition(':')[2]}"
    clusters = [dataclasses.replace(each, workers=tuple(map(of_ipv6, each.workers))) for each in loopback(2)]
    heard = together(*(lambda c=c: exchange(c, {}, seconds=5.0) for c in clusters))
    assert [each["index"] for each in heard[0]] == [0, 1] and heard[0] == heard[1]


def test_workers_that_agree():
    assert met(loopback(2), [{"beta": 1.0, "layers": ("a",)}] * 2) == [None, None]
    assert met(loopback(1)) == [None]


def test_a_flag_that_differs_is_named_to_all():
    told = met(loopback(3), [{"beta": 1.0, "m": 3}, {"beta": 1.0, "m": 3}, {"beta": 2.0, "m": 3}])
    assert told == ["workers 0 and 2 have different configurations: --beta is 1.0 and 2.0"] * 3


def test_a_worker_that_cannot_begin_is_named_to_all():
    assert met(loopback(2), refusals=["", "the disk is full"]) == ["worker 1: the disk is full"] * 2


def test_a_worker_of_another_cluster_is_named_to_all():
    clusters = loopback(3)
    other = dataclasses.replace(clusters[2], workers=(*clusters[2].workers[:2], "elsewhere:1"))
    told = met([*clusters[:2], other])
    assert told[0] == told[1] == told[2]
    assert told[0].startswith("worker 2 belongs to another cluster: worker 0 has 127.0.0.1:")
    assert told[0].endswith("elsewhere:1")


@pytest.mark.parametrize("index", [0, 1])
def test_two_workers_of_one_index(index):
    clusters = loopback(3)
    told = met([clusters[0], clusters[1], clusters[index]])
    assert told == [f"two processes say that they are worker {index}: every worker needs a task index of its own"] * 3


def test_a_worker_that_does_not_come():
    clusters = loopback(3)
    told = met(clusters[:2], seconds=0.2)
    assert told == [f"worker 2 of {clusters[2].workers[2]} did not come within 0.2 seconds"] * 2
    told = met(clusters[1:2], seconds=0.2)
    assert told == [f"worker 1 found no worker 0 at {clusters[0].workers[0]} within 0.2 seconds"]


def connected(cluster):
    """A connection to the first worker, which on a busy machine may not listen yet."""
    for _ in range(100):
        try:
            return socket.create_connection(cluster.address(), timeout=5.0)
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise TimeoutError("the first worker does not listen")


def test_a_worker_that_was_started_again_takes_its_own_place():
    clusters = loopback(3)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(agree, clusters[0], {"m": 1}, seconds=10.0)
        with connected(clusters[0]) as killed:
            killed.sendall(
                rendezvous._line({"workers": clusters[1].workers, "index": 1, "settings": {}, "refusal": ""})
            )
        rest = [pool.submit(agree, clusters[2], {"m": 1}, seconds=10.0)]
        time.sleep(0.1)  # with the one that died all would be there
        rest.append(pool.submit(agree, clusters[1], {"m": 1}, seconds=10.0))
        assert [each.result() for each in (first, *rest)] == [None] * 3


def test_what_is_no_worker_is_ignored():
    clusters = loopback(2)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(agree, clusters[0], {}, seconds=10.0)
        for content in (b"GET / HTTP/1.1\r\n\r\n", b"[]\n", b"{}\n", b""):
            time.sleep(0.05)
            with connected(clusters[0]) as stranger:
                stranger.sendall(content)
        assert pool.submit(agree, clusters[1], {}, seconds=10.0).result() is None and first.result() is None


def test_an_address_in_use():
    with socket.create_server(("", 0)) as taken:
        cluster = Cluster((f"127.0.0.1:{taken.getsockname()[1]}", "127.0.0.1:1"), 0)
        with pytest.raises(ClusterError, match=r"worker 0 cannot listen at its address 127.0.0.1:\d+: .*in use"):
            agree(cluster, {}, seconds=1.0)
