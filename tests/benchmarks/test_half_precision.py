"""The suite of precisions: what is trained, with which seed, and what is made of it; no test looks at a time."""

import pytest

from gpvae_tf.benchmarks import half_precision as timing
from gpvae_tf.benchmarks.half_precision import Ended, PrecisionSuite

SCORES = {("float32", 0): 2.0, ("float32", 1): 2.1, ("mixed_bfloat16", 0): 2.02, ("mixed_float16", 0): 1.98}


def test_half_precision_and_other_seeds_are_compared_with_float32(monkeypatch):
    asked = []

    def end(function, model, share, jit, flags):
        precision, seed = flags.get("precision", "float32"), flags.get("seed", 0)
        asked.append((model, precision, seed))
        assert function is timing.end_of and share == 0.5 and flags["data_dir"] == "there"
        return Ended(SCORES[precision, seed], 100, 3, 0.5 if precision == "float32" else 0.25)

    monkeypatch.setattr(timing, "run_in_fresh_process", end)
    found = [one for part in PrecisionSuite(share=0.5, jit="off", data_dir="there").measure() for one in part]
    assert asked == [(model, *how) for model in timing.TRAININGS for how in SCORES]
    values = {(one.model, one.metric): one.value for one in found}
    assert len(values) == len(found) == 5 * len(timing.TRAININGS)
    score = "test RMSE per frame over float32's"
    for how, value in {"float32, seed 1": 1.05, "mixed_bfloat16": 1.01, "mixed_float16": 0.99}.items():
        assert values[f"SVGP-VAE, m = 15, {how}", score] == pytest.approx(value)
    assert values["CP-VAE(10), mixed_float16", timing.TIME] == 0.5
    assert all(one.dataset.endswith(", 100 steps") for one in found)
    assert found[0].note == "2.1, float32 2; 3 of 100 steps skipped"


def test_one_row_alone(monkeypatch):
    monkeypatch.setattr(timing, "run_in_fresh_process", lambda *given: Ended(1.0, 100, 0, 0.5))
    found = [one for part in PrecisionSuite(only="cpvae").measure() for one in part]
    assert {one.model.partition(", ")[0] for one in found} == {"CP-VAE(10)"} and len(found) == 5
    with pytest.raises(ValueError, match="--only must be one of moving_ball, rotated_mnist, cpvae, got 'celeba'"):
        PrecisionSuite(only="celeba")


@pytest.mark.parametrize("model", timing.TRAININGS)
def test_a_share_of_a_row_is_trained(model):
    """With the flags that the experiment has, which are not the same ones for all."""
    flags = dict(precision="mixed_bfloat16", seed=3, mnist_manual_dir="/there")
    config = timing.TRAININGS[model].experiment(0.01, **flags).config
    assert (config.precision, config.seed) == ("mixed_bfloat16", 3)
    lengths = {"steps": 250, "opt_regime": ("joint-10",), "epochs": 1}
    assert any(getattr(config, name, None) == length for name, length in lengths.items())


def test_a_training_ends_with_a_score(eagerly, monkeypatch):
    monkeypatch.setattr(timing, "TIMED", 1)
    end = timing.end_of("moving_ball", 1e-5, False, {"precision": "mixed_float16"})
    assert end.steps == 1 and 0.0 < end.score < 5.0 and end.seconds > 0.0
