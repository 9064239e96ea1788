"""Models of tables with columns of classes: probabilities that add up, and classes that are hidden whole."""

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from gpvae_tf import GPVAE, VAE, data, recalibration

SERIES, POINTS = 5, 8
OWN = slice(1, 4)  # channels of the classes


@pytest.fixture
def sequences(rng):
    values = rng.normal(size=SERIES * POINTS)
    sky = np.array(["blue", "grey", "red"])[np.digitize(values, [-0.5, 0.5])]
    frame = pd.DataFrame({"series": np.repeat(np.arange(SERIES), POINTS), "time": np.tile(np.arange(POINTS), SERIES)})
    frame = frame.assign(v=values, sky=np.where(rng.uniform(size=len(values)) < 0.2, None, sky))
    return data.from_dataframe(frame, series="series", time="time", values=["v", "sky"], classes="sky", batch_size=5)


def check_whole(mask: np.ndarray) -> None:
    """Refuses masks of entries where classes are hidden in part, or always beside the other channel."""
    np.testing.assert_array_equal(mask[..., OWN].all(axis=-1), mask[..., OWN].any(axis=-1))
    assert np.any(mask[..., 0] != mask[..., 1])


def test_training_hides_whole_classes(sequences, monkeypatch):
    model = GPVAE.from_data(sequences, 2, units=4, verbose=False, hiding=(0.0, 0.4))
    monkeypatch.setattr(model, "elbo_given", lambda given, batch, seed: given["mask"])
    mask = model.training_bound(sequences.example, tf.constant([1, 2])).numpy()
    assert np.sum(mask[..., OWN]) < np.sum(sequences.mask[..., OWN])
    check_whole(mask)


@pytest.mark.parametrize("kind", [GPVAE, VAE])
def test_recalibration_hides_whole_classes(kind, sequences, monkeypatch):
    model, seen = kind.from_data(sequences, 2, units=4, verbose=False), []
    impute = model.impute
    monkeypatch.setattr(model, "impute", lambda batch, *args: seen.append(batch["mask"]) or impute(batch, *args))
    held_out = recalibration.held_out(model, sequences.example)
    assert len(seen) == 5
    for mask in [*seen, held_out.where]:
        check_whole(np.asarray(mask))


def test_probabilities_of_a_class_add_up(sequences):
    model = GPVAE.from_data(sequences, 2, units=4, verbose=False)
    made = model.impute(sequences.example)
    np.testing.assert_allclose(np.asarray(made.filled)[..., OWN].sum(axis=-1), 1.0, rtol=1e-5)
    known = sequences.mask[..., OWN].all(axis=-1)
    np.testing.assert_array_equal(made.filled.numpy()[known, OWN], sequences.observations[known, OWN])
    draws = model.predict_y(sequences.example, sequences.inputs + 0.5, num_samples=40).samples.numpy()
    np.testing.assert_array_equal(draws[..., OWN].sum(axis=-1), 1.0)


def test_scores_of_a_class_add_up_to_its_probability(sequences):
    """A point has one score, that of its class, and the others' are 0; NaN where the class is not known."""
    model = GPVAE.from_data(sequences, 2, units=4, verbose=False)
    truth = np.where(sequences.mask, sequences.observations, np.nan)
    found = model.score_entries(sequences.example, truth, 500).log_density.numpy()
    np.testing.assert_array_equal(np.isnan(found), ~sequences.mask)
    known = sequences.mask[..., OWN].all(axis=-1)
    probabilities = np.asarray(model.impute(sequences.example, num_samples=500).mean)
    expected = np.log(np.sum((truth * probabilities)[..., OWN], axis=-1))
    np.testing.assert_allclose(found[known, OWN].sum(axis=-1), expected[known], atol=1e-3)


@pytest.mark.parametrize("kind", [*recalibration.Recalibration.__subclasses__()], ids=lambda kind: kind.__name__)
def test_recalibrated_probabilities_of_a_class_add_up(kind, sequences, tmp_path):
    """Whatever moves the means, as a GP for every channel does, and from a file too."""
    model = GPVAE.from_data(sequences, 2, units=4, verbose=False)
    repair = kind.fit(recalibration.held_out(model, sequences.example))
    repair.save(tmp_path / "repair.json")
    for each in (repair, recalibration.load(tmp_path / "repair.json")):
        made = each.imputation(model.impute(sequences.example, 0.8), 0.8)
        np.testing.assert_allclose(np.asarray(made.mean)[..., OWN].sum(axis=-1), 1.0, rtol=1e-5)
        np.testing.assert_allclose(np.asarray(made.filled)[..., OWN].sum(axis=-1), 1.0, rtol=1e-5)
        asked = sequences.inputs + 0.5
        foretold = each.at(asked).predictive(model.predict_y(sequences.example, asked, quantiles=(0.2,)), (0.2,))
        np.testing.assert_allclose(np.asarray(foretold.mean)[..., OWN].sum(axis=-1), 1.0, rtol=1e-5)
