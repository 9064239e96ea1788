import dataclasses
import json
import os
import re

import numpy as np
import pytest

from gpvae_tf import results
from gpvae_tf.results import ResultsError
from tests.support import damage
from tests.support.result_rows import row


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"value": float("nan")}, "value must be a finite number, got nan"),
        ({"value": "0.4"}, "value must be a finite number, got '0.4'"),
        ({"value": True}, "value must be"),
        ({"command": " "}, "command must be a non-empty text"),
        ({"commit": ""}, "commit must be a non-empty text, got ''"),
        ({"model": None}, "model must be"),
        ({"unit": None}, "unit must be a text"),
        ({"seeds": 3}, "seeds must be a list of different integers, at least one, got 3"),
        ({"seeds": []}, "seeds must be"),
        ({"seeds": [1, 1]}, "seeds must be"),
        ({"seeds": [1.0, 2.0]}, "seeds must be"),
        ({"seeds": "12"}, "seeds must be"),
        ({"seeds": [0]}, "sd must be None for one seed"),
        ({"sd": None}, "sd must be None for one seed, a number for several, got None"),
        ({"sd": -0.1}, "sd must be None or finite and >= 0"),
        ({"epochs": 0}, "epochs must be a positive integer"),
        ({"epochs": 2.5}, "epochs must be a positive integer"),
        ({"paper": float("inf")}, "paper must be a finite number or None"),
        ({"seconds_per_epoch": -1}, "seconds_per_epoch must be"),
        ({"date": "yesterday"}, "date must be an ISO 8601 date, got 'yesterday'"),
    ],
)
def test_a_row_refuses_what_is_wrong_by_name(changes, message):
    with pytest.raises(ResultsError, match=re.escape(message)):
        row(**changes)


def test_what_is_neither_trained_nor_of_a_paper(tmp_path):
    """A baseline that draws nothing has no seeds and no epochs; what is trained has both."""
    made = row(preset="", seeds=(), sd=None, epochs=None, paper=None)
    results.update(tmp_path / "ball.json", [made, row()])
    assert results.read(tmp_path / "ball.json") == [made, row()]
    with pytest.raises(ResultsError, match="sd must be None for one seed"):
        row(seeds=(), epochs=None)


def test_round_trip_makes_numpy_plain(tmp_path):
    path = tmp_path / "sub" / "ball.json"
    made = row(value=np.float32(0.5), sd=np.float64(0.25), seeds=list(np.arange(3)), epochs=np.int64(7), paper=1)
    results.write(path, [made])
    assert results.read(path) == [made] and made.seeds == (0, 1, 2)
    assert json.loads(path.read_text())[0] | {"value": 0.5, "seeds": [0, 1, 2]} == json.loads(path.read_text())[0]


def test_files_are_sorted_and_stable(tmp_path):
    rows = [row(model=name) for name in "cab"]
    results.write(tmp_path / "ball.json", rows)
    first = (tmp_path / "ball.json").read_bytes()
    results.write(tmp_path / "ball.json", rows[::-1])
    assert (tmp_path / "ball.json").read_bytes() == first
    assert [each.model for each in results.read(tmp_path / "ball.json")] == ["a", "b", "c"]
    assert os.listdir(tmp_path) == ["ball.json"]


def test_update_replaces_rows_of_the_same_key(tmp_path):
    path = tmp_path / "ball.json"
    results.update(path, [row(), row(model="VAE")])
    results.update(path, [row(value=0.3), row(metric="SSE")])
    found = {each.key[1::3]: each.value for each in results.read(path)}
    assert found == {("SVGP-VAE", "RMSE"): 0.3, ("VAE", "RMSE"): 0.41234, ("SVGP-VAE", "SSE"): 0.41234}


def test_a_row_of_more_seeds_stays(tmp_path):
    """`reproduce.py` with fewer seeds than the row has would take the others away; as many replace it."""
    path = tmp_path / "ball.json"
    results.update(path, [row(), row(model="VAE", seeds=[1, 2])])
    with pytest.warns(UserWarning, match="ball.json keeps 1 rows .* more seeds, such as SVGP-VAE: seeds 0, 1, 2"):
        written = results.update(path, [row(value=0.3, seeds=[3, 4]), row(model="VAE", value=0.2, seeds=[0, 3])])
    assert [(each.model, each.value) for each in written] == [("VAE", 0.2)]
    assert {each.model: (each.value, *each.seeds) for each in results.read(path)} == {
        "SVGP-VAE": (0.41234, 0, 1, 2),
        "VAE": (0.2, 0, 3),
    }


def test_a_failed_write_leaves_the_table_and_no_litter(tmp_path, monkeypatch):
    path = tmp_path / "ball.json"
    results.write(path, [row()])
    before = path.read_bytes()

    def fail(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(ResultsError, match="cannot write .*ball.json: Permission denied"):
        results.update(path, [row(value=0.1)])
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["ball.json"]


@pytest.mark.parametrize(
    "text, message",
    [
        ("[{]", "ball.json is not valid JSON"),
        ("{}", "must hold a list of rows, got dict"),
        ("[3]", "row 0: must be an object, got int"),
        ('[{"table": "ball", "colour": 1}]', r"row 0: missing fields \['command', .*unknown fields \['colour'\]"),
        (json.dumps([dataclasses.asdict(row()) | {"value": float("nan")}]), "row 0: value must be a finite number"),
        (json.dumps([dataclasses.asdict(row())] * 2), "two rows for ball, SVGP-VAE"),
        (json.dumps([dataclasses.asdict(row(table="mnist"))]), "table 'mnist' belongs into mnist.json"),
    ],
)
def test_bad_tables_are_refused(tmp_path, text, message):
    (tmp_path / "ball.json").write_text(text)
    with pytest.raises(ResultsError, match=message):
        results.read(tmp_path / "ball.json")


def test_no_table_is_refused(tmp_path):
    with pytest.raises(ResultsError, match="cannot read .*none.json: No such file"):
        results.read(tmp_path / "none.json")


def test_summarise():
    assert results.summarise([2.0]) == (2.0, None)
    assert results.summarise(np.array([1.0, 3.0])) == pytest.approx((2.0, 2.0**0.5))
    for bad in ([], [1.0, float("nan")]):
        with pytest.raises(ResultsError, match="values must be finite numbers"):
            results.summarise(bad)


def test_damaged_tables_are_one_message(tmp_path):
    path = tmp_path / "ball.json"
    results.write(path, [row()])
    for content in damage.of_json(json.loads(path.read_text())):
        path.write_bytes(content)
        try:
            results.read(path)
        except ResultsError as error:
            assert str(path) in str(error)
