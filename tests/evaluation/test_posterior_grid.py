import numpy as np
import pytest

from gpvae_tf.evaluation.posterior_grid import grid_posterior
from tests.support import oracles
from tests.support.linear_gaussian import LinearGaussian


def test_exact_posterior_and_evidence_of_a_linear_model(rng):
    known = LinearGaussian(rng)
    image = known.images(rng, 1)
    flat = image.reshape(-1) - known.shift

    def log_joint(z: np.ndarray) -> np.ndarray:
        residual = flat - z @ known.weights.T
        constant = np.log(2 * np.pi) * (len(flat) + 2) + len(flat) * np.log(known.noise_variance)
        return -0.5 * (constant + np.sum(residual**2, axis=1) / known.noise_variance + np.sum(z**2, axis=1))

    (mean,), covariance = known.posterior(image)
    found = grid_posterior(log_joint, tuple((m - 0.1, m + 0.1) for m in mean))
    assert found.log_evidence == pytest.approx(known.log_likelihood(image)[0], abs=1e-3)
    for row, column in ((60, 60), (40, 70), (75, 55)):  # rows are z_2
        z = np.array([found.first[column], found.second[row]])
        assert found.log_density[row, column] == pytest.approx(oracles.log_normal(z, mean, covariance), abs=1e-3)
    assert found.first[0] < mean[0] - 5 * np.sqrt(covariance[0, 0])  # the window ends 20 nats below


def test_the_window_holds_every_mode_and_what_it_was_given():
    modes = np.array([[-2.0, 1.0], [3.0, -1.0]])

    def log_joint(z):
        return np.logaddexp(
            *(-0.5 * np.sum((z - mode) ** 2, axis=1) / 0.01 - np.log(4 * np.pi * 0.01) for mode in modes)
        )

    found = grid_posterior(log_joint, ((-3.5, -3.4), (0.0, 0.1)), size=241)
    assert found.log_evidence == pytest.approx(0.0, abs=1e-3)  # a density's mass is 1
    assert found.first[0] <= -3.5 and found.first[-1] > 3.0 and found.second[0] < -1.0 and found.second[-1] > 1.0
    half = np.exp(found.log_density[:, found.first > 0]).sum() / np.exp(found.log_density).sum()
    assert half == pytest.approx(0.5, abs=1e-3)


def test_a_posterior_narrower_than_a_coarse_cell_is_found_where_q_is():
    log_joint = lambda z: -0.5 * np.sum((z - 0.537) ** 2, axis=1) / 0.01**2 - np.log(2 * np.pi * 0.01**2)
    found = grid_posterior(log_joint, ((0.49, 0.58), (0.49, 0.58)))
    assert found.log_evidence == pytest.approx(0.0, abs=0.01)


def test_an_outlier_is_searched_around_where_q_is():
    log_joint = lambda z: -0.5 * np.sum((z - [1.5, -5.2]) ** 2, axis=1) / 0.1**2 - np.log(2 * np.pi * 0.1**2)
    found = grid_posterior(log_joint, ((1.2, 1.3), (-4.1, -4.0)))
    assert found.log_evidence == pytest.approx(0.0, abs=1e-3)
    assert found.second[0] < -5.7 and found.second[-1] >= -4.0


def test_refuses_a_grid_without_cells():
    with pytest.raises(ValueError, match="size - 1 must be >= 1, got 0"):
        grid_posterior(lambda z: z[:, 0], ((0, 1), (0, 1)), size=1)
