"""Series drawn from a model itself, whose intervals are then right if everything between context and quantile is.

Two latent functions are seen through a gain and noise, and the encoder is the likelihood's mirror image, so that the
posterior is exact.
"""

import numpy as np

from gpvae_tf import kernels
from gpvae_tf._keras import keras
from gpvae_tf.experiments.own_data.parts import Part
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.models import GPVAE

POINTS, LENGTH_SCALE = 20, 1.5
GAIN, NOISE = np.array([1.0, -2.0]), np.array([0.3, 0.05])


def build() -> GPVAE:
    """The model: y_c = GAIN_c f_c(t) + noise of variance NOISE_c."""
    channels = len(GAIN)
    means = np.concatenate([np.diag(1.0 / GAIN), np.zeros((channels, channels))], axis=1)
    encoder = _dense(means, np.concatenate([np.zeros(channels), np.log(NOISE / GAIN**2)]))
    decoder = _dense(np.diag(GAIN), np.zeros(channels))
    kernel = kernels.exponentiated_quadratic(LENGTH_SCALE)
    return GPVAE(
        encoder, decoder, kernel, event_shape=(channels,), latent_dim=channels, likelihood=GaussianLikelihood(NOISE)
    )


def draw(num: int, *, hidden: float = 0.5, seed: int = 0) -> Part:
    """Series of the model at irregular times, drawn with NumPy, of whose points some are hidden whole."""
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.uniform(0.3, 1.2, (num, POINTS)), axis=1)
    gaps = times[:, :, None] - times[:, None, :]
    root = np.linalg.cholesky(np.exp(-0.5 * np.square(gaps / LENGTH_SCALE)) + 1e-9 * np.eye(POINTS))
    values = root @ rng.normal(size=(num, POINTS, len(GAIN))) * GAIN
    values += np.sqrt(NOISE) * rng.normal(size=values.shape)
    visible = rng.uniform(size=(num, POINTS, 1)) >= hidden
    visible[:, 0] = True
    return Part(values, times, np.broadcast_to(visible, values.shape))


def _dense(kernel: np.ndarray, bias: np.ndarray) -> keras.Model:
    first = keras.layers.InputLayer((len(kernel),), dtype="float64")
    layer = keras.Sequential([first, keras.layers.Dense(len(bias), dtype="float64")])
    layer.set_weights([kernel, bias])
    return layer
