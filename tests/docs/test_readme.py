"""README and guides: their Python runs as it stands (with fewer epochs), and their numbers are those of results/."""

import re
from pathlib import Path

import numpy as np
import pytest

from gpvae_tf import results
from tests.support.prose import rounds_to

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CLAIMS = (ROOT / "docs" / "results" / "index.md").read_text(encoding="utf-8")
# Table, model, data set begins with, metric begins with: of every row of the README's table, in its order.
HEADLINES = (
    ("moving_ball", "SVGP-VAE, m = 15", "moving ball", "test RMSE per frame"),
    ("rotated_mnist", "SVGP-VAE, m = 32", "rotated MNIST", "test MSE, one draw"),
    ("rotated_mnist", "FGP-VAE", "rotated MNIST", "test MSE, one draw"),
    ("cpvae_converged", "CP-VAE(10)", "MNIST, dynamically binarized, 1000 epochs", "negative relaxed bound"),
    ("npvae", "Nonparametric VAE, Z = 500", "MNIST, grey, 60 epochs", "test accuracy of 10 nearest"),
    ("gpencoder_converged", "GP encoder, 10 latents", "MNIST, 100 epochs", "test log-likelihood minus that of the VAE"),
)


def run_python(text: str, epochs: int = 1, **names) -> dict:
    """Runs the Python blocks of a page one after another, with so many epochs in the place of 50."""
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, re.S))
    short = code.replace("epochs=50", f"epochs={epochs}, verbose=0")
    assert short != code
    exec(compile(short, "page.md", "exec"), names)
    return names


def test_the_example_has_eight_lines_and_runs_on_arrays(rng, tmp_path, monkeypatch):
    (code,) = re.findall(r"```python\n(.*?)```", README, re.S)
    assert len(code.strip().splitlines()) == 8
    monkeypatch.chdir(tmp_path)
    names = run_python(
        README,
        values=rng.normal(size=(16, 10, 3)),
        times=np.sort(rng.uniform(0.0, 20.0, (16, 10)), axis=1),
        mask=rng.uniform(size=(16, 10, 3)) < 0.8,
        new_times=np.linspace(0.0, 20.0, 7)[None, :, None].repeat(8, axis=0),
    )
    first, seen = names["values"][:8], names["mask"][:8]
    np.testing.assert_allclose(names["filled"].filled.numpy()[seen], first[seen], rtol=1e-5)  # in order, not shuffled
    assert names["there"].mean.shape == names["there"].stddev.shape == (8, 7, 3) and len(names["there"].quantiles) == 3
    assert names["filled"].lower.shape == (8, 10, 3) and names["there"].samples.shape[1:] == (8, 7, 3)
    assert (tmp_path / "my_model" / "model.json").exists()


def test_the_guide_runs():
    names = run_python((ROOT / "docs" / "guide" / "own_data.md").read_text(encoding="utf-8"))
    assert names["latents"].mean.shape == (8, 30, 2) and names["frames"].shape == (8, 30, 32, 32, 1)
    assert np.isfinite(names["history"].history["val_elbo"]).all() and np.isfinite(names["bound"])
    assert len(names["training"].observations) == 14 and names["between"].shape == (16, 30, 2)
    frame, filled = names["frame"], names["filled_frame"]
    assert list(filled.columns) == [*frame.columns, "rain_lower", "wind_lower", "rain_upper", "wind_upper"]
    given = frame["rain"].notna()
    assert (filled["rain"][given] == frame["rain"][given]).all() and filled.notna().all(axis=None)
    forecast = names["forecast"]
    assert forecast["station"].tolist() == ["south", "north", "north"]
    assert forecast[["rain", "wind_upper"]].notna().all(axis=None)


def headline_rows() -> list[list[str]]:
    section = README.partition("## Results")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| [")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


@pytest.mark.parametrize("number", range(len(HEADLINES)))
def test_a_headline_is_a_row_of_results(number):
    assert len(headline_rows()) == len(HEADLINES)
    table, model, dataset, metric = HEADLINES[number]
    *_, named, ours, paper, verdict = headline_rows()[number]
    (row,) = (
        row
        for row in results.read(ROOT / "results" / f"{table}.json")
        if row.model == model and row.dataset.startswith(dataset) and row.metric.startswith(metric)
    )
    value, _, deviation = ours.partition(" ± ")
    assert rounds_to(row.value, value.removeprefix("-")) and value.startswith("-") == (row.value < 0.0)
    assert bool(deviation) == (row.sd is not None)
    assert row.sd is None or rounds_to(row.sd, deviation)
    assert paper == "not stated" if row.paper is None else rounds_to(row.paper, paper)
    assert (row.unit == "nats") == named.endswith("(nats)")
    assert f"| {verdict}" in CLAIMS


def test_the_vae_beside_the_first_headline():
    (row,) = (
        row
        for row in results.read(ROOT / "results" / "moving_ball.json")
        if row.model == "VAE" and row.metric == "test RMSE per frame"
    )
    ((value, deviation),) = re.findall(r"\(VAE: ([\d.]+) ± ([\d.]+)\)", README)
    assert rounds_to(row.value, value) and rounds_to(row.sd, deviation)


def test_it_is_short():
    assert len(README.splitlines()) <= 100
