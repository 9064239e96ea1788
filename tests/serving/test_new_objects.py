"""What the SavedModel of amortised objects refuses; `test_every_model.py` compares its answers with the model's."""

import pytest

from gpvae_tf import serving
from tests.support import sequence_models


def test_objects_without_a_network_are_refused(rng):
    model, batch = sequence_models.svgp_vae(), sequence_models.videos(rng)
    with pytest.raises(TypeError, match="model.embedding must be ObjectVectors or AmortizedObjects, .* got NoneType"):
        serving.ServableNewObjects(model, model.statistics([batch]))
