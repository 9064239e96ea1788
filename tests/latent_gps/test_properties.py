"""Whatever a latent data set holds: finite numbers and gradients, and no error.

Inputs, values and noise variances of observed points are finite, the last ones positive; missing points hold anything.
The one thing that may be refused is a prior variance of so many points so far above the noise that the dtype cannot
hold both in one sum, and the error is the factorization's, which says what to do.
"""

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gpvae_tf.gp.factorization import FactorizationError
from tests.support import hostile_latents as hostile
from tests.support.hostile_latents import GPS, HOSTILE, KERNELS, KERNELS_OF_TIME

FEW = settings(max_examples=4, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))


@pytest.mark.parametrize("name", GPS)
@FEW
@given(drawn=st.data(), problem=HOSTILE)
def test_all_numbers_and_gradients_are_finite(name, drawn, problem):
    composed = drawn.draw(KERNELS_OF_TIME if name == "markov" else KERNELS)
    if name == "banded":  # whose posterior is of missing points too
        problem = problem._replace(mask="none")
    data, queries = problem.data(name)
    kernel = composed(problem.dtype, of_channels=name not in hostile.ONE_CHANNEL)
    try:
        found = hostile.numbers(GPS[name](kernel, problem.dtype), data, queries)
    except FactorizationError:
        assert hostile.condition(kernel, data) * np.finfo(problem.dtype).eps > 0.1
        return
    for what, part in found.items():
        assert np.all(np.isfinite(part)), what
