"""PCA of upright images: projections, variances, signs."""

import numpy as np
import pytest

from gpvae_tf.data.pca import pca_object_vectors, principal_components


@pytest.fixture
def images(rng):
    """Few directions with distinct variances, and some noise."""
    coordinates = rng.normal(size=(40, 4)) * [8.0, 4.0, 2.0, 1.0]
    return (coordinates @ rng.normal(size=(4, 30)) + 0.01 * rng.normal(size=(40, 30)) + 5.0).reshape(40, 6, 5)


def test_columns_are_principal_components(images):
    """Against the eigenvectors of the covariance matrix, which the SVD never forms."""
    vectors = pca_object_vectors(images, 3)
    flat = images.reshape(40, -1)
    values, axes = np.linalg.eigh(np.cov(flat.T))
    np.testing.assert_allclose(vectors.var(axis=0, ddof=1), values[::-1][:3], rtol=1e-8)
    expected = (flat - flat.mean(axis=0)) @ axes[:, ::-1][:, :3]
    np.testing.assert_allclose(np.abs(vectors), np.abs(expected), atol=1e-7)
    np.testing.assert_allclose(np.abs(np.corrcoef(vectors.T)), np.eye(3), atol=1e-7)


def test_principal_components_match_the_covariance_and_undo_a_rotation(rng):
    hidden = rng.normal(size=(24, 4)) * [5.0, 2.0, 0.3, 0.1]
    rotation = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    latents = hidden @ rotation + 7.0
    plane, shares = principal_components(latents, 2)
    eigenvalues, vectors = np.linalg.eigh(np.cov(latents.T))
    np.testing.assert_allclose(shares, eigenvalues[[-1, -2]] / np.sum(eigenvalues), rtol=1e-10)
    np.testing.assert_allclose(np.var(plane, axis=0, ddof=1), eigenvalues[[-1, -2]], rtol=1e-10)
    np.testing.assert_allclose(np.mean(plane, axis=0), 0.0, atol=1e-12)
    for component, direction in zip(plane.T, vectors[:, [-1, -2]].T, strict=True):
        sign = np.sign(direction[np.argmax(np.abs(direction))])  # the largest loading is positive
        np.testing.assert_allclose(component, (latents - latents.mean(0)) @ direction * sign, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_signs_are_fixed_by_the_axes(seed):
    """LAPACK's own signs vary; five sets of four columns are not all right by chance."""
    images = np.random.default_rng(seed).normal(size=(12, 3, 5))
    vectors = pca_object_vectors(images, 4)
    flat = images.reshape(12, -1) - images.reshape(12, -1).mean(axis=0)
    axes = np.linalg.lstsq(vectors, flat, rcond=None)[0]
    assert np.all(axes[np.arange(4), np.abs(axes).argmax(axis=1)] > 0)
    np.testing.assert_allclose(pca_object_vectors(images[::-1], 4), vectors[::-1], atol=1e-7)
    np.testing.assert_allclose(pca_object_vectors(images[..., np.newaxis], 4), vectors, atol=0)


@pytest.mark.parametrize(
    "shape, dim, message",
    [
        ((5, 3, 3), 5, "dim must be in 1 to 4 .* got 5"),
        ((50, 3, 3), 10, "dim must be in 1 to 9"),
        ((5, 3, 3), 0, "dim must be in 1 to 4"),
        ((5, 9), 2, r"upright has shape \(5, 9\); expected \[P, H, W\]"),
    ],
)
def test_wrong_arguments_are_named(shape, dim, message):
    with pytest.raises(ValueError, match=message):
        pca_object_vectors(np.zeros(shape), dim)


def test_one_image_has_no_axes():
    with pytest.raises(ValueError, match="upright has 1 images of 36 pixels; principal axes need two images"):
        pca_object_vectors(np.zeros((1, 6, 6)), 1)
