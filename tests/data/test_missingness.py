"""Laws of missingness: their shares, their seeds, and what they must not touch."""

import numpy as np
import pytest

from gpvae_tf.data import missingness


def test_drawn_in_parts_it_is_the_same(monkeypatch):
    whole = missingness.at_random((7, 5, 3), 0.6, seed=[3, 1])
    np.testing.assert_array_equal(whole, np.random.default_rng([3, 1]).random((7, 5, 3), np.float32) >= 0.6)
    monkeypatch.setattr(missingness, "_DRAWN_AT_ONCE", 8)
    np.testing.assert_array_equal(missingness.at_random((7, 5, 3), 0.6, seed=[3, 1]), whole)


def test_at_random():
    observed = missingness.at_random((200, 50, 10), 0.3, seed=0)
    assert observed.dtype == bool and abs(observed.mean() - 0.7) < 0.005
    np.testing.assert_array_equal(observed, missingness.at_random((200, 50, 10), 0.3, seed=0))
    assert np.mean(observed == missingness.at_random((200, 50, 10), 0.3, seed=1)) < 0.7


def test_by_value_depends_on_the_value_alone():
    values = np.random.default_rng(0).uniform(size=(9000, 40))
    observed = missingness.by_value(values, 0.4, 0.8, threshold=0.5, seed=3)
    high = values > 0.5
    assert abs(observed[~high].mean() - 0.6) < 0.005 and abs(observed[high].mean() - 0.2) < 0.005
    np.testing.assert_array_equal(observed, missingness.by_value(values, 0.4, 0.8, threshold=0.5, seed=3))
    assert not np.array_equal(observed[:4096], observed[4096:8192])  # parts share no draw


def test_a_value_at_the_threshold_is_low():
    assert missingness.by_value(np.full((50, 40), 0.5), 0.0, 0.9, threshold=0.5, seed=3).all()


def test_blocks_are_runs_that_make_the_share():
    observed = missingness.blocks(400, 300, 0.25, block=7, seed=0)
    assert abs(np.mean(~observed[:, 6:]) - 0.25) < 0.01
    for series in observed[:20]:
        edges = np.flatnonzero(np.diff(np.r_[True, series, True].astype(int)))
        lengths = edges[1::2] - edges[::2]  # of the runs of missing points
        assert all(lengths[:-1] >= 7)  # the last may be cut off by the end


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: missingness.at_random((3,), 1.0, seed=0), r"share must lie in \[0, 1\), got 1.0"),
        (lambda: missingness.by_value(np.zeros(3), 0.1, -1, threshold=0, seed=0), "share_of_high must lie in"),
        (lambda: missingness.blocks(1, 5, 0.1, block=6, seed=0), "block is 6; a series has 5 points"),
        (lambda: missingness.blocks(1, 5, 0.1, block=0, seed=0), "block must be"),
        (lambda: missingness.blocks(1, 5, np.nan, block=2, seed=0), "share must lie in"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
