"""Workers as processes: their clusters, what they print, signals, restarts, and the status of the first failure."""

import json
import os
import signal
import sys
import threading

import pytest

from gpvae_tf.cluster import Workers, loopback, parse, processes
from gpvae_tf.flags import signals

pytestmark = pytest.mark.process
START = "import os, json, sys, time, signal; task = json.loads(os.environ['TF_CONFIG'])['task']['index']\n"


def workers(code, number=2, **options):
    return Workers([sys.executable, "-S", "-c", START + code], number, **options)


def test_each_is_told_who_it_is_and_its_lines_are_marked(capsys):
    assert workers("print(os.environ['TF_CONFIG']); print('!', file=sys.stderr); print('no end', end='')").run() == 0
    done = capsys.readouterr()
    lines = sorted(line for line in done.out.splitlines() if "{" in line)
    clusters = [parse(line.partition(" ")[2]) for line in lines]
    assert [line[:4] for line in lines] == ["[0] ", "[1] "] and [each.index for each in clusters] == [0, 1]
    assert clusters[0].workers == clusters[1].workers and len(set(clusters[0].workers)) == 2
    assert sorted(done.err.splitlines()) == ["[0] !", "[1] !"] and "[1] no end" in done.out


def test_the_status_is_that_of_the_first_that_failed():
    """The other one is asked to end when it does not by itself."""
    assert workers("time.sleep(30 * task); sys.exit(3)", grace=0.1).run() == 3
    assert workers("os.kill(os.getpid(), signal.SIGKILL) if task else None").run() == 128 + signal.SIGKILL


def test_a_worker_that_heeds_nothing_is_killed():
    code = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nif task: time.sleep(30)\nelse: sys.exit(4)"
    assert workers(code, grace=0.3).run() == 4


def test_a_worker_is_started_again(tmp_path, capsys):
    """Worker 1 fails twice; the first one is not touched."""
    code = f"""
with open({str(tmp_path)!r} + f'/{{task}}', 'a+') as file:
    file.write('x'); file.seek(0); starts = len(file.read())
sys.exit(5 if task and starts < 3 else 0)"""
    assert workers(code, restarts=2).run() == 0
    assert [len((tmp_path / name).read_text()) for name in "01"] == [1, 3]
    assert capsys.readouterr().err.count("[1] ended with status 5; starting it again") == 2
    for name in "01":
        (tmp_path / name).unlink()
    assert workers(code, restarts=1, grace=0.1).run() == 5


class Scripted:
    """A process that ends as told: what each poll finds."""

    def __init__(self, *polls):
        self._polls, self.returncode, self.signals = list(polls), None, []

    def poll(self):
        if self.returncode is None:
            self.returncode = self._polls.pop(0) if self._polls else 0
        return self.returncode

    def send_signal(self, number):
        self.signals.append(number)


@pytest.mark.parametrize("polls", [1, 2, 3])
def test_a_worker_that_ends_while_another_is_started_again_is_not_lost(polls, monkeypatch):
    """It has a start left too, and gets it in the same round or a later one, at whichever poll it is found."""
    monkeypatch.setattr(processes, "_POLL", 0.0)
    running = [None] * 9
    starts = [[Scripted(1), Scripted(*running, 0)], [Scripted(*running[:polls], 1), Scripted(*running, 0)]]
    made = []
    started = workers("", restarts=1, grace=0.0)
    started._started = lambda cluster: made.append(starts[cluster.index].pop(0)) or made[-1]
    assert started.run() == 0
    assert len(made) == 4 and [process.signals for process in made] == [[]] * 4


@pytest.mark.parametrize("number, status", [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_goes_on_to_all(number, status, tmp_path):
    """They end as they do; nothing is started again."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # which shells' background processes ignore
    code = f"""
def end(number, frame):
    open({str(tmp_path)!r} + f'/{{task}}', 'w').write(str(number)); sys.exit(128 + number)
for each in (signal.SIGTERM, signal.SIGINT): signal.signal(each, end)
print('ready'); time.sleep(30)"""
    started = workers(code, restarts=3)
    ready = threading.Semaphore(0)
    started._say = lambda target, index, line: ready.release()

    def send():
        for _ in range(2):
            ready.acquire()
        os.kill(os.getpid(), number)

    sender = threading.Thread(target=send)
    sender.start()
    assert started.run() == status
    sender.join()
    assert not signals.waiting()
    signal.signal(signal.SIGINT, before)
    assert [(tmp_path / name).read_text() for name in "01"] == [str(int(number))] * 2


def test_ports_are_free_and_different():
    clusters = loopback(4)
    assert len({cluster.workers for cluster in clusters}) == 1 and len(set(clusters[0].workers)) == 4
    assert [json.loads(each.environment()["TF_CONFIG"])["task"]["index"] for each in clusters] == [0, 1, 2, 3]
