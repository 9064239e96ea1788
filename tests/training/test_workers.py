"""Workers while they train, here with hand-made answers of the others: common checkpoints, signals, unlike data."""

import signal
import tracemalloc

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.cluster import ClusterError
from gpvae_tf.flags import signals
from gpvae_tf.training import checkpoint_files, errors, workers
from gpvae_tf.training.checkpoint_files import CheckpointError
from gpvae_tf.training.common_checkpoint import common
from gpvae_tf.training.stopping import StopWorkersTogether
from gpvae_tf.training.workers import WorkerGroup, WorkerLost, watched
from tests.support.replicas import mirrored


class Counted(tf.Module):
    """What a checkpoint is asked for: its steps."""

    def __init__(self, steps):
        super().__init__()
        self.steps = tf.Variable(steps, dtype=tf.int64)


def write(folder, epochs, within=None):
    """Checkpoints after epochs of ten steps, and one at a step of the next; their paths, the newest first."""
    for epoch in epochs:
        tf.train.Checkpoint(model=Counted(10 * epoch)).write(checkpoint_files.prefix(folder, epoch))
    checkpoint_files.write_list(folder, epochs)
    paths = [checkpoint_files.prefix(folder, epoch) for epoch in reversed(epochs)]
    if within is not None:
        path = str(folder / checkpoint_files.STOPPED)
        tf.train.Checkpoint(model=Counted(within), epoch=tf.Variable(max(epochs), dtype=tf.int64)).write(path)
        paths.insert(0, path)
    return paths


class Told(WorkerGroup):
    """Two workers, of which this one is the first and the other one's numbers are given."""

    def __init__(self, *other, number=2):
        super().__init__(tf.distribute.get_strategy())
        self.number, self._other = number, other

    def gathered(self, numbers):
        other = [*self._other, *[-1] * (len(numbers) - len(self._other))]
        return np.array([numbers, other])


@pytest.mark.parametrize(
    "epochs, within, other, newest",
    [
        ([1, 2], None, [2, 20, 10], 20),
        ([1, 2], None, [2, 10, 0], 10),  # the other one is behind
        ([1], None, [2, 20, 10], 10),  # or ahead
        ([1, 2], 25, [3, 25, 20, 10], 25),
        ([1, 2], 25, [2, 20, 10], 20),  # it was killed before it saved the step
        ([1], None, [0], None),  # or the first epoch
        ([1], 15, [0], "none"),
        ([2, 3], None, [1, 10], "none"),
        ([1], None, [1], "none"),  # it has one that is damaged
    ],
)
def test_the_newest_common_checkpoint(epochs, within, other, newest, tmp_path):
    paths = write(tmp_path, epochs, within)
    if newest == "none":
        with pytest.raises(CheckpointError, match=r"no whole checkpoint in common: worker 0 those of steps \["):
            common(Told(*other), tmp_path, paths)
        assert len(list(tmp_path.glob("*.index"))) == len(paths)
        return
    found = common(Told(*other), tmp_path, paths)
    assert [checkpoint_files.steps(path) for path in found] == ([] if newest is None else [newest])
    assert checkpoint_files.steps_done(tmp_path) == (newest or 0)  # what the others do not have is deleted
    left = checkpoint_files.numbers(tmp_path)
    assert all(checkpoint_files.is_listed(tmp_path, number) for number in left)
    assert not checkpoint_files.is_listed(tmp_path, 3)


def test_one_worker_has_all_of_its_checkpoints(tmp_path):
    paths = write(tmp_path, [1, 2], 25)
    assert common(WorkerGroup(tf.distribute.get_strategy()), tmp_path, paths) == paths


def test_a_damaged_checkpoint_counts_for_nothing(tmp_path):
    paths = write(tmp_path, [1, 2])
    next(tmp_path.glob("ckpt-2.data*")).write_bytes(b"")
    with pytest.warns(UserWarning, match="ckpt-2 is damaged"):
        assert common(Told(2, 20, 10), tmp_path, paths) == paths[1:]


@pytest.mark.parametrize("own, other", [(0, signal.SIGTERM), (signal.SIGINT, 0), (0, 0)])
def test_a_signal_of_one_worker_stops_all(own, other, monkeypatch):
    callback = StopWorkersTogether(Told(other, 40_000))
    monkeypatch.setattr(signals._waiting, "number", own or None)
    if not own and not other:
        for batch in range(30):  # steps of 40 ms: after the first one, a look at every 12th
            callback.on_train_batch_end(batch)
        assert callback._every == 12 and callback._left == 12 - (30 - 1) % 12
        return
    for look in (lambda: callback.on_train_batch_end(0), lambda: callback.on_epoch_end(0)):
        callback._left = 1
        monkeypatch.setattr(signals._waiting, "number", own or None)
        with pytest.raises(signals.Interrupted, match=f"^{'' if own else 'of worker 1'}$") as stop:
            look()
        assert stop.value.number == (own or other) and not signals.waiting()


def test_data_that_differ():
    batch = {"observations": tf.ones([2, 3]), "ids": tf.constant([b"a", b"b"])}
    heard = []

    class Heard(Told):
        def gathered(self, numbers):
            heard.append(numbers[0])
            return np.array([[heard[0]], numbers])

    Heard().check_same("first batch", batch)
    Heard().check_same("first batch", {name: tf.identity(part) for name, part in batch.items()})
    others = [
        batch | {"observations": tf.ones([3, 2])},
        batch | {"ids": tf.constant([b"a", b"c"])},
        [np.ones(3)],
        [None],
    ]
    for other in others:
        with pytest.raises(ClusterError, match="different data: the first batch of worker 1 is another"):
            Heard().check_same("first batch", other)
    assert len(set(heard)) == 1 + len(others)


def test_what_the_loss_of_a_worker_raises_is_one_sentence():
    with pytest.raises(
        WorkerLost, match="^worker 1 lost the connection to another one of 2: .*--resume.*gone away"
    ) as caught:
        with watched(1, 2):
            raise tf.errors.UnavailableError(None, None, "gone away\nand much more")
    assert isinstance(caught.value, errors.EXPECTED_ERRORS) and "\n" not in errors.sentence(caught.value)
    with pytest.raises(WorkerLost, match=r"\(Collective ops is aborted by: task 1 is gone\)$"), watched(0, 2):
        raise tf.errors.UnavailableError(
            None, None, "Graph execution error:\n\nCollective ops is aborted by: task 1 is gone"
        )
    for error, number in ((tf.errors.UnavailableError, 1), (tf.errors.ResourceExhaustedError, 2)):
        with pytest.raises(error), watched(0, number):  # nobody is lost
            raise error(None, None, "full")


def test_a_digest_makes_no_copy_of_its_values():
    """Of any type, order and shape; they are told apart by each of these."""
    large = np.zeros(1_000_000)
    tracemalloc.start()
    try:
        workers.digest([large, None])
        assert tracemalloc.get_traced_memory()[1] < large.nbytes / 10
    finally:
        tracemalloc.stop()
    values = np.arange(6.0).reshape(2, 3)
    arrays = [values, values.T, values.ravel(), values.astype(np.float32), values > 2, values[:0], np.float64(1.0)]
    arrays += [tf.cast(values, tf.bfloat16), np.array(["a", "b"])]
    assert len({workers.digest([each]) for each in arrays}) == len(arrays)
    assert workers.digest([values.T]) == workers.digest([values.T.copy()])


class Collective(WorkerGroup):
    """One worker whose numbers take the way of those of several: the sum over all replicas."""

    is_alone = False


@pytest.mark.parametrize("replicas", [1, 2, 3])
def test_any_number_is_told_as_it_is(replicas):
    """However many replicas a worker has: the bits of a float and a digest fill the 64 of what is added up."""
    everyone = Collective(mirrored(replicas))
    for value in (85.3, 1234.5, -0.5, 1.5, 0.0, 5e-324, -np.inf, np.inf):
        assert everyone.first(value) == value
    assert np.isnan(everyone.first(np.nan))
    numbers = [-(2**63), -3, 2**62 + 1, 2**63 - 1]
    assert everyone.gathered(numbers).tolist() == [numbers]


@pytest.mark.parametrize("devices", [None, ["CPU:0"], ["CPU:0", "CPU:1"]])
def test_replicas_in_one_process_are_one_worker(devices):
    reduction = tf.distribute.ReductionToOneDevice()  # collectives of other tests have the same keys
    strategy = tf.distribute.get_strategy()
    if devices is not None:
        strategy = tf.distribute.MirroredStrategy(devices, cross_device_ops=reduction)
    everyone = WorkerGroup(strategy)
    assert everyone.is_alone and everyone.gathered([3, 4]).tolist() == [[3, 4]]
    assert [everyone.first(value) for value in (0.1, -np.inf)] == [0.1, -np.inf]
    assert np.isnan(everyone.first(np.nan))
    numbers = tf.constant([[5, 2**40]], tf.int64)
    np.testing.assert_array_equal(everyone._total(numbers), numbers)  # not once for each replica
