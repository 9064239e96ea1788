"""The guide to predictions: its Python runs as it stands, and what it says of the results is so."""

from pathlib import Path

import numpy as np
import tensorflow as tf

from tests.docs.test_readme import run_python
from tests.support.eager import running_eagerly

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "guide" / "predictions.md").read_text(encoding="utf-8")


def test_the_guide_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with running_eagerly():
        names = run_python(PAGE)
    filled, mask = names["filled"], names["series"].mask
    np.testing.assert_array_equal(filled.filled[mask], names["truth"][mask])
    np.testing.assert_array_equal(filled.filled[~mask], tf.cast(filled.mean, tf.float64)[~mask])
    predicted = names["predicted"]
    assert predicted.mean.shape == (4, 39, 3) and predicted.samples.shape == (200, 4, 39, 3)
    np.testing.assert_allclose(predicted.variance, predicted.latent_variance + predicted.noise_variance)
    assert names["highest"].shape == (100, 4, 3)
    assert set(names["scores"]) == {"mse", "mae", "crps", "nlpd", "coverage", "width"}
    inside = (filled.lower <= names["truth"]) & (names["truth"] <= filled.upper)
    assert names["held"] == np.mean(inside[~mask]) and np.isfinite(names["nlpd"])
    assert names["nats"].shape == (32,) and np.all(np.isfinite(names["nats"]))
    assert all((tmp_path / name).stat().st_size > 10_000 for name in ("series.png", "calibration.png"))
    assert names["known"].where.sum() == mask.sum()
    for repaired in (names["stretched"], names["guaranteed"]):
        np.testing.assert_array_equal(repaired.mean, filled.mean)
        inside = (repaired.lower <= names["truth"]) & (names["truth"] <= repaired.upper)
        assert 0.8 < np.mean(inside[~mask]) < 1.0
    query = {"query_inputs": tf.constant(names["between"]), "num_samples": tf.constant(40)}
    query |= {"seed": tf.constant([0, 0]), "levels": tf.constant([0.025, 0.975])}
    served = tf.saved_model.load(str(tmp_path / "saved" / "1")).signatures["predict_y"](**query)
    assert served["quantiles"].shape == (2, 4, 39, 3)
