"""The text files of a run, damaged in every way: one sentence that names the file, or what was there."""

import json
import math

import numpy as np
import pytest

from gpvae_tf.experiments.registry import EXPERIMENTS, configured
from gpvae_tf.files.readers import DamagedFileError
from gpvae_tf.training.history import read_history
from gpvae_tf.training.run_folder import open_run
from gpvae_tf.training.run_record import RunFolderError, describe
from gpvae_tf.training.scores import read_scores, write_scores
from tests.support import damage

EXPECTED = (RunFolderError, DamagedFileError)


def read_or_refused(read, path):
    """What a reader makes of a file; None if it refuses it in a sentence with the file's name."""
    try:
        return read()
    except EXPECTED as error:
        assert path.name in str(error) or str(path.parent) in str(error)
        assert "\n" not in str(error).split("holds a run of another configuration")[0]
        return None


def test_scores(tmp_path):
    write_scores(tmp_path, 20, {"elbo": -1.5, "mse": 0.25})
    path = tmp_path / "scores.json"
    refused = 0
    for content in damage.of_json(json.loads(path.read_text())):
        path.write_bytes(content)
        found = read_or_refused(lambda: read_scores(tmp_path), path)
        refused += found is None
        if found is not None:
            assert all(isinstance(float(value), float) for value in found.values())
    assert refused > 60
    path.write_text('{"step": 20}')
    with pytest.raises(
        DamagedFileError, match=r'scores.json is damaged: expected {"step": number, "scores": {name: num'
    ):
        read_scores(tmp_path)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_configurations_are_checked_as_flags_are(tmp_path, name):
    """Every entry of another type is refused; another value is refused like the flag's, or taken like it."""
    kind = EXPERIMENTS[name]
    whole = kind.config_class.defaults()
    path = tmp_path / "config.json"
    for field, default in vars(kind.config_class()).items():
        for other in damage.OTHERS[::2]:
            path.write_text(json.dumps({"experiment": name, "config": {**whole, field: other}}))
            made = read_or_refused(lambda: configured(tmp_path), path)
            if made is not None:
                value = getattr(made.config, field)
                plain = default is None or value is None or isinstance(value, type(default))
                assert plain or (isinstance(default, float) and isinstance(value, int)), (field, other)
                assert not isinstance(value, float) or math.isfinite(value)
                assert isinstance(value, bool) <= isinstance(default, bool), (field, other)


def test_the_message_is_the_flags(tmp_path):
    for field, value, message in (
        ("m", True, "--m must be a whole number, got True"),
        ("m", 0, "--m must be >= 1, got 0"),
        ("vidlt", "2", "--vidlt must be a number, got '2'"),
        ("elbo", "GP", "--elbo must be one of "),
        ("clip_qs", 1, "--clip_qs must be true or false, got 1"),
        ("preset", ["paper"], r"--preset must be a text, got \('paper',\)"),
    ):
        (tmp_path / "config.json").write_text(json.dumps({"experiment": "ball", "config": {field: value}}))
        with pytest.raises(RunFolderError, match=f"{tmp_path}/config.json is damaged: {message}"):
            configured(tmp_path)


def test_records(tmp_path):
    """What is no configuration: everything around it, and cuts."""
    kind = EXPERIMENTS["ball"]
    record = describe("ball", {"m": 15}, {"jit": "off"}) | {"resumed": [{"commit": "x"}]}
    path, options = tmp_path / "config.json", {"resume": True, "defaults": vars(kind.config_class())}
    asked = describe("ball", vars(kind.config_class()), {})
    for content in damage.of_json(record):
        path.write_bytes(content)
        read_or_refused(lambda: configured(tmp_path), path)
        read_or_refused(lambda: open_run(tmp_path, asked, **options), path)


def test_logs(tmp_path):
    text = "epoch,step,elbo,seconds\n0,10,-1.5,2.5\n1,20,-1.25,2.0\n2,30,-1.0,2.0\n"
    path, refused = tmp_path / "metrics.csv", 0
    for content in damage.of_csv(text):
        path.write_bytes(content)
        found = read_or_refused(lambda: read_history(path), path)
        refused += found is None
        if found:
            assert len({len(column) for column in found.values()}) == 1
            assert all(np.all(np.isfinite(found[name])) for name in ("epoch", "step") if name in found)
            with pytest.raises(DamagedFileError, match="metrics.csv has no column 'loss'; it has "):
                found["loss"]
    assert refused > 40
    path.write_text(text + "3,40\n")  # cut short by a full disk
    assert read_history(path)["step"].tolist() == [10, 20, 30]
    path.write_text(text.replace("-1.25", "-1.x"))
    with pytest.raises(DamagedFileError, match="metrics.csv is damaged, row 3: elbo = '-1.x' is no number"):
        read_history(path)
