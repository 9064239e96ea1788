"""The SavedModel of every registered model (`tests.support.registry`) answers as the model does."""

import numpy as np
import tensorflow as tf

from gpvae_tf import serving
from tests.support import registry


@registry.having("export")
def test_a_savedmodel_answers_like_the_model(entry, rng, tmp_path):
    """Every signature, with its arguments and outputs by name."""
    model, batch = entry.build(), entry.batch(rng)
    entry.prepare(model, batch)
    serving.export(entry.servable(model, batch), tmp_path)
    signatures = tf.saved_model.load(str(tmp_path)).signatures
    answers = entry.answers(model, batch)
    assert set(signatures) == set(answers)
    for name, (arguments, expected) in answers.items():
        assert set(signatures[name].structured_input_signature[1]) == set(arguments), name
        found = signatures[name](**{key: tf.convert_to_tensor(value) for key, value in arguments.items()})
        assert set(found) == set(expected), name
        for key, value in expected.items():
            message = f"{name}: {key}"
            np.testing.assert_allclose(found[key], value, rtol=1e-4, atol=1e-5, err_msg=message)
            assert found[key].dtype == tf.float32, message
