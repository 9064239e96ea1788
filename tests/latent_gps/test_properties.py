"""Whatever a latent data set holds: finite numbers and gradients, or an error of ours in a sentence."""

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.support import hostile_latents as hostile
from tests.support.errors import is_ours
from tests.support.hostile_latents import GPS, HOSTILE, KERNELS, KERNELS_OF_TIME

FEW = settings(max_examples=12, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))


@pytest.mark.parametrize("name", GPS)
@FEW
@given(drawn=st.data(), problem=HOSTILE)
def test_finite_or_a_sentence(name, drawn, problem):
    composed = drawn.draw(KERNELS_OF_TIME if name == "markov" else KERNELS)
    if name == "banded":  # whose posterior is of missing points too
        problem = problem._replace(mask="none")
    data, queries = problem.data(with_objects=name in hostile.WITH_OBJECTS)
    kernel = composed(problem.dtype, of_channels=name not in hostile.ONE_CHANNEL)
    try:
        found = hostile.numbers(GPS[name](kernel, problem.dtype), data, queries)
    except Exception as error:
        if not is_ours(error):
            raise
        return
    for what, part in found.items():
        assert np.all(np.isfinite(part)), what
