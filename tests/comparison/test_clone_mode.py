"""The clone mode with a made-up clone in a process of its own, and the cases' own side without any clone."""

import pathlib
import re

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.comparison import registry
from gpvae_tf.comparison.case import SVGP_VAE, CloneError
from gpvae_tf.comparison.original_process import Original
from gpvae_tf.comparison.runner import OriginalError
from gpvae_tf.comparison.terms import render_terms
from tests.support import fake_case
from tests.support.eager import running_eagerly

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clone")
    (folder / "fake_model.py").write_text(fake_case.CLONE)
    (folder / "broken.py").write_text("raise RuntimeError('the clone is broken')\n")
    return folder


@pytest.fixture(scope="module")
def rows(clone):
    return registry.compare_with_clone(clone, [fake_case.CASE])


@pytest.fixture(scope="module")
def svgp_results(tmp_path_factory):
    """Our side of every case for a folder that looks like a clone, by the case's name."""
    folder = tmp_path_factory.mktemp("looks_like_a_clone")
    for name in SVGP_VAE.files:
        (folder / name).touch()
    cases = registry.find_cases(folder)
    with running_eagerly():
        results = {case.name: case.ours(case.inputs()) for case in cases}
    assert len(results) == len(cases)
    return results


@pytest.mark.process
def test_verdicts(rows):
    verdicts = {(row.ours.term, row.ours.variant): row.verdict for row in rows}
    assert verdicts == {
        ("sampled", ""): "ok",
        ("sampled", "changed"): "FAIL",
        ("sampled", "known"): "B1",
        ("sampled", "not finite"): "FAIL",
        ("sampled", "slack"): "ok",
        ("double", "float64"): "FAIL",
        ("no bytecode", ""): "ok",
    }


@pytest.mark.process
def test_table_names_term_values_difference_and_deviation(rows):
    header, *lines, totals = render_terms(rows, "case").splitlines()
    assert header.split() == ["case", "term", "theirs", "ours", "difference", "band", "deviation"]
    known = next(line for line in lines if "(known)" in line)
    assert known.split()[0] == "fake" and known.split()[-1] == "B1" and "1.0e-02" in known
    assert totals.startswith("3 of 7 terms of 1 case agree, 1 differ by a known deviation")


@pytest.mark.process
def test_nothing_is_written_in_the_clone(rows, clone):
    assert sorted(path.name for path in clone.rglob("*")) == ["broken.py", "fake_model.py"]


@pytest.mark.process
def test_a_broken_clone_is_one_error_with_its_own_words(clone):
    given = {**fake_case.inputs(), "module": np.array("broken")}
    case = fake_case.CASE._replace(inputs=lambda: given)
    with pytest.raises(OriginalError, match="the clone is broken"):
        registry.compare_with_clone(clone, [case])


def test_a_folder_that_is_no_clone_is_refused(tmp_path):
    with pytest.raises(CloneError, match="no clone of metodj.* or ratschlab/SVGP-VAE .it lacks .*SVGPVAE_model.py"):
        registry.find_cases(tmp_path)
    with pytest.raises(CloneError, match="is no folder"):
        registry.find_cases(tmp_path / "missing")


def test_draws_are_given_to_calls_with_a_tensor_as_shape():
    with tf.Graph().as_default(), Original(tf.compat.v1).draws([np.ones((2, 3), np.float32)]):
        drawn = tf.compat.v1.random.normal(tf.shape(tf.zeros((2, 3))), mean=1.0, stddev=2.0)
        np.testing.assert_array_equal(tf.compat.v1.Session().run(drawn), np.full((2, 3), 3.0))


def test_draws_refuse_another_shape_or_more_calls_than_values():
    original = Original(tf.compat.v1)
    with tf.Graph().as_default():
        with original.draws([np.zeros((2, 3), np.float32)]):
            with pytest.raises(ValueError, match=r"normal of shape \(4,\); given is shape \(2, 3\)"):
                tf.compat.v1.random.normal((4,))
            with pytest.raises(ValueError, match="given is nothing"):
                tf.compat.v1.random.shuffle(tf.range(3))
        assert tf.compat.v1.random.normal((4,)).op.type == "AddV2"  # the real one again


def test_too_many_weights_are_refused():
    with tf.Graph().as_default(), pytest.raises(ValueError, match="1 weights for 0 trainable variables"):
        Original(tf.compat.v1).run({}, [np.zeros(3)])


def test_our_side_of_every_case_is_finite(svgp_results):
    assert len(svgp_results) >= 16
    for name, values in svgp_results.items():
        assert values and all(np.all(np.isfinite(one.value)) for one in values), name


def test_every_deviation_is_in_the_document(svgp_results):
    text = (ROOT / "docs" / "deviations.md").read_text()
    known = re.findall(r"\*\*(B\d+)\.", text)
    assert len(known) == len(set(known)) and {f"B{i}" for i in range(1, 14)} <= set(known)
    used = {one.deviation for values in svgp_results.values() for one in values} - {None}
    assert used and used <= set(known)
