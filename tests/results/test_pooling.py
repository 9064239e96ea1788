"""Rows of seeds that were run apart are the row of all of them."""

import numpy as np
import pytest

from gpvae_tf import results
from gpvae_tf.results import ResultsError
from tests.support.result_rows import row


def of(values, seeds, **about):
    """The row of some values, one per seed."""
    value, sd = results.summarise(values)
    return row(value=value, sd=sd, seeds=seeds, **about)


@pytest.mark.parametrize("split", [1, 2, 4])
def test_mean_and_deviation_are_those_of_all_seeds(split, rng):
    values, seeds = rng.normal(size=5), [0, 1, 2, 3, 4]
    rows = of(values[:split], seeds[:split]), of(values[split:], seeds[split:], commit="other")
    together = results.pooled(*rows)
    assert together.seeds == (0, 1, 2, 3, 4) and together.commit.endswith(", other")
    assert (together.value, together.sd) == pytest.approx((values.mean(), np.std(values, ddof=1)))


def test_an_epochs_time_is_the_mean_over_seeds():
    rows = of([1.0, 2.0, 3.0], [0, 1, 2], seconds_per_epoch=1.0), of([4.0], [3], seconds_per_epoch=5.0)
    assert results.pooled(*rows).seconds_per_epoch == 2.0
    assert results.pooled(of([1.0], [4], seconds_per_epoch=None), rows[0]).seconds_per_epoch == 1.0


@pytest.mark.parametrize("epochs", [(869, 728), (728, 869)])
def test_seeds_of_one_command_may_stop_at_epochs_of_their_own(epochs):
    one, other = (of([1.0], [i], epochs=n, command=f"python a.py --seed={i} --x=1") for i, n in enumerate(epochs))
    assert results.pooled(one, other).epochs == 869


def test_a_table_gets_the_seeds_of_another_machine(tmp_path):
    path = tmp_path / "ball.json"
    results.write(path, [of([1.0], [0]), of([5.0], [0], model="VAE")])
    written = results.pool(path, [of([3.0], [1]), of([7.0], [1], model="new")])
    assert {(each.model, each.value, *each.seeds) for each in written} == {("SVGP-VAE", 2.0, 0, 1), ("new", 7.0, 1)}
    assert {each.model: each.value for each in results.read(path)} == {"SVGP-VAE": 2.0, "VAE": 5.0, "new": 7.0}


@pytest.mark.parametrize(
    "other, message",
    [
        (of([3.0], [0]), r"SVGP-VAE, .*: seeds must be different ones, got \[0\] and \[0\]"),
        (of([3.0], [1], epochs=7, command="python a.py --epochs=7"), "epochs is .* in one row, 7 in the other"),
        (of([3.0], [1], unit="nats"), "unit is '.*' in one row, 'nats' in the other"),
        (of([3.0], [1], model="VAE"), "key is"),
    ],
)
def test_what_does_not_go_together(other, message):
    with pytest.raises(ResultsError, match=message):
        results.pooled(of([1.0], [0]), other)
