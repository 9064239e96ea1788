"""The average over an object's images: by brute force, with missing images, and for objects that there are none of."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.latent_gps.object_average import ObjectAverage
from gpvae_tf.types import Gaussian

B, L, N = 2, 3, 9
IDS = np.array([[4, 0, 4, 7, 0, 4, 7, 7, 7], [2, 2, 2, 0, 0, 4, 4, 4, 4]])
QUERIES = np.array([[7, 0, 7, 4], [0, 4, 2, 2]])
TIGHT = dict(rtol=1e-12, atol=1e-12)


@pytest.fixture
def latents(rng):
    return Gaussian(tf.constant(rng.normal(size=(B, L, N))), tf.constant(rng.uniform(0.1, 2.0, (B, L, N))))


def at(ids):
    """Inputs (angle, id); angles are not looked at."""
    return tf.constant(np.stack([np.full(np.shape(ids), np.nan), ids], axis=-1).astype(np.float64))


def by_hand(latents, keep, queries):
    mean, variance = np.zeros((B, L, queries.shape[1])), np.zeros((B, L, queries.shape[1]))
    for b, s in np.ndindex(*queries.shape):
        rows = [i for i in range(N) if IDS[b, i] == queries[b, s] and keep[b, i]]
        mean[b, :, s] = sum(latents.mean[b, :, i] for i in rows) / len(rows)
        variance[b, :, s] = sum(latents.variance[b, :, i] for i in rows) / len(rows) ** 2
    return mean, variance


@pytest.mark.parametrize("masked", [False, True])
def test_averages(masked, latents):
    keep = np.arange(N) != 2 if masked else np.ones(N, bool)
    keep = np.tile(keep, (B, 1))
    average = ObjectAverage(latents, IDS, tf.constant(keep) if masked else None)
    for predict in (average.predict, tf.function(average.predict)):
        for part, expected in zip(predict(at(QUERIES)), by_hand(latents, keep, QUERIES), strict=True):
            np.testing.assert_allclose(part, expected, **TIGHT)


def test_views_of_one_object_share_its_latents(latents):
    average = ObjectAverage(latents, IDS)
    mean, covariance = average.predict_joint(at(QUERIES))
    expected_mean, variance = average.predict(at(QUERIES))
    np.testing.assert_array_equal(mean, expected_mean)
    np.testing.assert_array_equal(tf.linalg.diag_part(covariance), variance)
    np.testing.assert_array_equal(covariance[0, :, 0, 2], variance[0, :, 0])  # both of object 7
    np.testing.assert_array_equal(covariance.numpy()[0, :, 0, 1::2], np.zeros((L, 2)))


@pytest.mark.parametrize("unknown", [1, -1, 9])
def test_objects_without_an_image_are_named(unknown, latents):
    """Between the context's ids, below and above them; and one that the other data set has, or that is masked."""
    average = ObjectAverage(latents, IDS)
    queries = QUERIES.copy()
    queries[1, 1:3] = unknown
    with pytest.raises(ValueError, match=f"^inputs asks for objects without an image in the context: ids {unknown}$"):
        average.predict(at(queries))
    with pytest.raises(tf.errors.InvalidArgumentError, match="inputs asks for objects without an image"):
        tf.function(average.predict)(at(queries))


def test_an_object_of_another_data_set_or_with_masked_images_only_is_unknown(latents):
    with pytest.raises(ValueError, match="ids 7$"):
        ObjectAverage(latents, IDS).predict(at(np.array([[7], [7]])))
    with pytest.raises(ValueError, match="ids 0$"):
        ObjectAverage(latents, IDS, tf.constant(IDS != 0)).predict(at(QUERIES))


def test_large_ids_are_ids_as_others(latents):
    """Eight digits, as dates have."""
    far = 20_230_000
    mean, variance = ObjectAverage(latents, IDS + far).predict(at(QUERIES + far))
    for part, expected in zip((mean, variance), ObjectAverage(latents, IDS).predict(at(QUERIES)), strict=True):
        np.testing.assert_array_equal(part, expected)


def test_there_are_no_more_segments_than_images(latents, monkeypatch):
    sizes, segment_sum = [], tf.math.unsorted_segment_sum

    def noted(data, segments, num_segments):
        sizes.append(int(num_segments))
        return segment_sum(data, segments, num_segments)

    monkeypatch.setattr(tf.math, "unsorted_segment_sum", noted)
    ObjectAverage(latents, IDS + 1000).predict(at(QUERIES + 1000))
    assert sizes == [B * N]
