"""Sequences whose truth is known: batches that hide what is missing, and files of ratschlab/GP-VAE."""

import numpy as np
import pytest

from gpvae_tf.datasets.imputation_sets import ImputationSet, from_file

RNG = np.random.default_rng(0)
TRUTH = RNG.normal(size=(7, 4, 6))
MISSING = RNG.integers(0, 2, TRUTH.shape)
PARTS = {"truth": "x_val_full", "missing": "m_val_miss", "scored": "m_val_artificial", "labels": "y_val"}


def whole():
    return ImputationSet(TRUTH, MISSING == 0, MISSING == 1, np.arange(7))


def test_a_batch_hides_what_is_missing():
    batch = whole().batch([2, 5])
    np.testing.assert_allclose(batch["observations"], np.where(MISSING, 0.0, TRUTH)[[2, 5]], rtol=1e-6)
    np.testing.assert_array_equal(batch["mask"], MISSING[[2, 5]] == 0)
    np.testing.assert_array_equal(batch["inputs"], np.tile(np.arange(4.0)[:, None], (2, 1, 1)))


def test_a_stream_goes_on_where_it_stopped():
    first = [batch["observations"].numpy() for batch in whole().stream(3, seed=1).take(5)]
    later = [batch["observations"].numpy() for batch in whole().stream(3, seed=1, start_step=2).take(3)]
    for one, other in zip(first[2:], later):
        np.testing.assert_array_equal(one, other)


def test_chunks_hold_everything_once_in_order():
    rows = [np.arange(7)[rows] for rows, batch in whole().chunks(3) if len(batch["mask"])]
    np.testing.assert_array_equal(np.concatenate(rows), np.arange(7))


def test_a_file_of_the_authors(tmp_path):
    arrays = {
        "x_val_full": TRUTH,
        "m_val_miss": MISSING,
        "m_val_artificial": np.ones_like(MISSING),
        "y_val": np.arange(7),
    }
    np.savez(tmp_path / "a.npz", **arrays)
    found = from_file(tmp_path / "a.npz", (3, 2), PARTS)
    np.testing.assert_array_equal(found.truth, TRUTH.reshape(7, 4, 3, 2))
    np.testing.assert_array_equal(found.scored, MISSING.reshape(7, 4, 3, 2) == 1)  # what is observed is not scored
    assert found.take(slice(2)).labels.tolist() == [0, 1]
    with pytest.raises(ValueError, match=r"a.npz: cannot reshape.*; x_val_full and its masks should be \[N, n, 5\]"):
        from_file(tmp_path / "a.npz", (5,), PARTS)
    np.savez(tmp_path / "b.npz", x_val_full=TRUTH)
    (tmp_path / "c.npz").write_text("no file")
    for name, reason in (("b", "it has no array 'm_val_miss'"), ("c", "c.npz cannot be read as an .npz of plain")):
        with pytest.raises(
            ValueError, match=f"{name}.npz cannot be read as an .npz file with x_val_full.*: .*{reason}"
        ):
            from_file(tmp_path / f"{name}.npz", (6,), PARTS)
    for absent in (tmp_path / "none.npz", tmp_path):
        with pytest.raises(FileNotFoundError, match="is not there, or no file; expected an .npz file with x_val_full"):
            from_file(absent, (6,), PARTS)


def first_of(mask):
    """The first entry where a mask is true, alone."""
    return np.arange(mask.size).reshape(mask.shape) == np.argmax(mask)


def test_masks_that_do_not_fit():
    with pytest.raises(ValueError, match="scored has entries that are observed"):
        ImputationSet(TRUTH, MISSING == 0, MISSING == 0)
    with pytest.raises(ValueError, match=r"mask is int64 \(7, 4, 6\); expected bool"):
        ImputationSet(TRUTH, MISSING, MISSING == 1)
    with pytest.raises(ValueError, match="observed has nothing of sequence 3; leave the sequence out"):
        ImputationSet(TRUTH, (MISSING == 0) & (np.arange(7) != 3)[:, None, None], MISSING == 1)
    with pytest.raises(ValueError, match="truth has 1 values that are not finite where observed is true"):
        ImputationSet(np.where(first_of(MISSING == 0), np.nan, TRUTH), MISSING == 0, MISSING == 1)
    with pytest.raises(ValueError, match="truth has 1 values that are not finite where scored is true"):
        ImputationSet(np.where(first_of(MISSING == 1), np.inf, TRUTH), MISSING == 0, MISSING == 1)
    with pytest.raises(ValueError, match=r"scored is bool \(7, 4\); expected that of observed, bool \(7, 4, 6\)"):
        ImputationSet(TRUTH, MISSING == 0, MISSING[..., 0] == 1)


def test_whole_points_are_missing():
    observed = (MISSING[..., 0] == 0) | (np.arange(4) == 0)  # the first frame of every sequence
    batch = ImputationSet(TRUTH, observed, ~observed).batch([1, 3])
    np.testing.assert_array_equal(batch["mask"], observed[[1, 3]])
    np.testing.assert_allclose(batch["observations"], (TRUTH * observed[..., None])[[1, 3]], rtol=1e-6)


def test_points_of_which_nothing_is_seen_can_be_left_out():
    """Those that are seen come in order, with time and mask; the shorter sequence ends in a missing point."""
    observed = np.zeros((2, 4, 6), bool)
    observed[0, [1, 3]], observed[1, 2, 5] = True, True
    data = ImputationSet(TRUTH[:2], observed, ~observed)
    batch = data.seen_batch([1, 0])
    assert batch["inputs"].shape == (2, 2, 1) and batch["observations"].shape == batch["mask"].shape == (2, 2, 6)
    np.testing.assert_array_equal(batch["inputs"][1, :, 0], [1.0, 3.0])
    np.testing.assert_allclose(batch["observations"][1], TRUTH[0, [1, 3]], rtol=1e-6)
    np.testing.assert_allclose(batch["observations"][0, 0], np.where(observed[1, 2], TRUTH[1, 2], 0.0), rtol=1e-6)
    assert batch["inputs"][0, 0, 0] == 2.0 and not np.any(batch["mask"][0, 1])
    one = next(iter(data.stream(2, seed=0, only_seen=True)))
    assert one["inputs"].shape == (2, 2, 1)
    everything = whole()
    for name, part in everything.seen_batch([3]).items():  # there is something of every point
        np.testing.assert_array_equal(part, everything.batch([3])[name])
