from pathlib import Path

import pytest

from gpvae_tf import results
from gpvae_tf.results import ResultsError
from tests.support.result_rows import row


@pytest.mark.parametrize(
    "value, sd, text",
    [
        (0.41234, 0.0213, "0.412 ± 0.021"),
        (0.0365432, None, "0.03654"),
        (-412.37, 12.4, "-412 ± 12"),
        (-12345.6, None, "-12346"),
        (12.0, 0.0, "12.00 ± 0"),
        (3.2e-9, 1.5e-9, "3.200e-09 ± 1.5e-09"),
        (195.3, 240.0, "195 ± 240"),
    ],
)
def test_format_value(value, sd, text):
    assert results.format_value(value, sd) == text


@pytest.mark.parametrize(
    "changes, text",
    [
        ({"paper": None}, "–"),
        ({"paper": 0.4}, "× 1.03"),
        ({"paper": -90.0, "value": -91.5, "unit": "nats"}, "-1.5"),
        ({"paper": 95.0, "value": 96.2, "unit": "%"}, "+1.2"),
        ({"paper": 0.0}, "+0.412"),
    ],
)
def test_format_against(changes, text):
    assert results.format_against(row(**changes)) == text


def test_compact_table_shows_only_what_varies():
    text = results.compact_table(
        "ball", [row(), row(model="A|B", sd=None, seeds=[0], preset="authors_code")], "docs/r.md"
    )
    header, _, first, second, _, link = text.splitlines()
    assert header == "| model | preset | metric | ours (seeds) | paper | vs. paper | s/epoch |"
    assert first == "| SVGP-VAE | paper | RMSE (path units) | 0.412 ± 0.021 (3) | not stated | – | 26.1 |"
    assert second.startswith(r"| A\|B | authors_code | RMSE (path units) | 0.4123 (1) |")
    assert link == "Commands and commits: [docs/r.md](docs/r.md#results-ball)."


def test_docs_page_gives_every_row_its_command():
    rows = [row(), row(metric="SSE", unit=""), row(model="VAE", command="python `x`", seconds_per_epoch=None)]
    text = results.docs_page({"ball": rows})
    assert text.count("| 1 |") == 2 and text.count("| 2 |") == 1 and "| 0, 1, 2 | 25 | not stated |" in text
    assert "1. `python BALL_experiment.py --elbo SVGPVAE_Hensman` (commit `abc1234`, 2026-11-21)" in text
    assert "2. `` python `x` `` (commit" in text and '<a id="results-ball"></a>' in text


def test_fill_readme_keeps_everything_else():
    text = "# A\n<!-- results:ball -->\nold\n<!-- /results -->\ntail | <!-- results:none --> in a line\n"
    once = results.fill_readme(text, {"ball": [row()]}, "docs/r.md")
    assert once.startswith("# A\n<!-- results:ball -->\n\n| model |") and "old" not in once
    assert once.endswith("\n\n<!-- /results -->\ntail | <!-- results:none --> in a line\n")
    assert results.fill_readme(once, {"ball": [row()]}, "docs/r.md") == once


@pytest.mark.parametrize(
    "text, message",
    [
        ("\n<!-- results:cat -->\n<!-- /results -->", "line 2: there is no table 'cat'; known tables: ball"),
        ("<!-- /results -->", "line 1: <!-- /results --> closes no table"),
        ("<!-- results:ball -->\n<!-- results:ball -->", "line 2: .* opens a table before ball is closed"),
        ("<!-- results:ball -->\n", "results:ball --> is never closed"),
    ],
)
def test_bad_markers_are_refused(text, message):
    with pytest.raises(ResultsError, match=message):
        results.fill_readme(text, {"ball": [row()]}, "docs/r.md")


@pytest.fixture
def documents(tmp_path) -> list[Path]:
    """Arguments of `outdated`: a folder of tables, a README and a documentation page that is not there yet."""
    results.write(tmp_path / "results" / "ball.json", [row()])
    (tmp_path / "README.md").write_text("# A\n\n<!-- results:ball -->\n<!-- /results -->\n")
    return [tmp_path / "results", tmp_path / "README.md", tmp_path / "docs" / "results.md"]


def test_outdated_finds_what_differs_until_it_is_written(documents):
    stale = results.outdated(*documents)
    assert list(stale) == documents[1:]
    assert "[docs/results.md](docs/results.md#results-ball)" in stale[documents[1]]
    for path, text in stale.items():
        results.write_text(path, text)
    assert results.outdated(*documents) == {}
    results.update(documents[0] / "ball.json", [row(value=0.2)])
    assert list(results.outdated(*documents)) == documents[1:]


def test_outdated_refuses_what_it_cannot_read(documents, tmp_path):
    folder, readme, docs = documents
    with pytest.raises(ResultsError, match="there is no folder .*none; name the one"):
        results.outdated(tmp_path / "none", readme, docs)
    with pytest.raises(ResultsError, match="docs holds no table"):
        docs.parent.mkdir()
        results.outdated(docs.parent, readme, docs)
    with pytest.raises(ResultsError, match="there is no .*NONE.md; name the file"):
        results.outdated(folder, tmp_path / "NONE.md", docs)
    with pytest.raises(ResultsError, match="cannot read .*results"):
        results.outdated(folder, folder, docs)
    (folder / "ball.json").write_text("[")
    with pytest.raises(ResultsError, match="ball.json is not valid JSON"):
        results.outdated(*documents)
