"""The suite of requests to SavedModels: what is asked and what is made of it; no test looks at a time."""

import pytest

from gpvae_tf.benchmarks import served_requests as timing
from gpvae_tf.benchmarks.served_requests import RequestCost, ServingSuite


def test_every_size_of_every_model_is_asked_for(monkeypatch):
    asked = []

    def cost(function, path, signature, data_sets, points, rounds, jit):
        asked.append((path, signature, data_sets, points))
        assert function is timing.cost_of and rounds == 2 and not jit
        return RequestCost(0.001 * data_sets * points, 3.0)

    monkeypatch.setattr(timing, "run_in_fresh_process", cost)
    monkeypatch.setattr(timing, "export", lambda elbo, folder: elbo)
    found = [one for part in ServingSuite(rounds=2, jit="off", sizes="1x30,2x1000").measure() for one in part]
    models, signatures = ("GPVAE_Pearce", "SVGPVAE_Hensman"), ("predict", "predict_interval")
    sizes = ((1, 30), (2, 1000))
    assert asked == [(elbo, signature, *size) for elbo in models for signature in signatures for size in sizes]
    values = {(one.model, one.dataset, one.metric): (one.value, one.unit) for one in found}
    assert len(values) == len(found) == 16
    name, two = "SVGPVAE, m = 15, 20 draws", "2 videos, 1,000 frames known, 1,000 asked for"
    assert values[name, two, timing.TIME] == (pytest.approx(2000.0), "ms")
    assert values[name, "1 video, 30 frames known, 30 asked for", timing.MEMORY] == (3.0, "MiB")


def test_a_request_is_answered(tmp_path):
    """By both signatures; and all that is asked for comes back."""
    path = timing.export("SVGPVAE_Hensman", tmp_path)
    served = timing.serving.load(path)
    for signature in timing.SIGNATURES.values():
        given = timing.request(signature, 2, 3)
        for value in served(signature, **given).values():
            assert value.shape[:2] == (2, 3)
        cost = timing.cost_of(path, signature, 1, 2, 1, False)
        assert cost.seconds > 0.0 and cost.memory >= 0.0


@pytest.mark.parametrize("sizes", ["", "1", "0x3", "1x2x3", "axb"])
def test_sizes_are_refused(sizes):
    with pytest.raises(ValueError, match="--sizes must be sizes such as 1x30,10x30"):
        ServingSuite(sizes=sizes)
