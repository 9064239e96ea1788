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


def test_a_table_shows_only_what_varies_and_every_row_its_command():
    rows = [row(), row(metric="SSE", unit=""), row(model="A|B", command="python `x`", seconds_per_epoch=None)]
    text = results.full_table("ball", rows)
    assert text.startswith(
        '<a id="results-ball"></a>\n\n### results/ball.json\n\nAll rows have dataset: moving ball; preset:'
    )
    assert "| SVGP-VAE | RMSE (path units) | 0.412 ± 0.021 | 0, 1, 2 | 25 | not stated | – | 26.1 | 1 |" in text
    assert r"| A\|B | RMSE" in text and text.count("| 1 |") == 2 and text.count("| 2 |") == 1
    assert "1. `python BALL_experiment.py --elbo SVGPVAE_Hensman` (commit `abc1234`, 2026-11-21)" in text
    assert "2. `` python `x` `` (commit" in text


def test_a_table_shows_what_varies():
    text = results.full_table("ball", [row(), row(preset="authors_code", dataset="another ball")])
    assert "| SVGP-VAE | another ball | authors_code | RMSE" in text and "All rows" not in text
    text = results.full_table("ball", [row(), row(preset="authors_code")])
    assert "| SVGP-VAE | authors_code | RMSE" in text and "All rows have dataset: moving ball.\n" in text


def test_a_table_of_no_paper_has_no_columns_for_it():
    rows = [row(preset="", seeds=(), sd=None, epochs=None), row(preset="", dataset="another ball")]
    text = results.full_table("ball", rows)
    assert "| model | dataset | metric | ours | seeds | epochs | s/epoch | run |" in text and "preset" not in text
    assert "| SVGP-VAE | moving ball | RMSE (path units) | 0.4123 | – | – | 26.1 | 1 |" in text


PAGE = "# A\n<!-- results:ball -->\nold\n<!-- /results -->\ntail | <!-- results:none --> in a line\n"


def test_filling_a_page_keeps_everything_else():
    once = results.fill_page(PAGE, {"ball": [row()]})
    assert once.startswith("# A\n<!-- results:ball -->\n\n<a id=") and "old" not in once and "| SVGP-VAE |" in once
    assert once.endswith("\n\n<!-- /results -->\ntail | <!-- results:none --> in a line\n")
    assert results.fill_page(once, {"ball": [row()]}) == once


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
        results.fill_page(text, {"ball": [row()]})


@pytest.fixture
def folders(tmp_path) -> list[Path]:
    """Arguments of `outdated`: a folder of tables and one of pages, of which one has no table."""
    results.write(tmp_path / "results" / "ball.json", [row()])
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "ball.md").write_text(PAGE)
    (tmp_path / "docs" / "prose.md").write_text("# No table\n")
    return [tmp_path / "results", tmp_path / "docs"]


def test_outdated_finds_what_differs_until_it_is_written(folders):
    page = folders[1] / "ball.md"
    stale = results.outdated(*folders)
    assert list(stale) == [page]
    results.write_text(page, stale[page])
    assert results.outdated(*folders) == {}
    results.update(folders[0] / "ball.json", [row(value=0.2)])
    assert list(results.outdated(*folders)) == [page]


def test_every_table_is_on_one_page(folders):
    results.write(folders[0] / "cat.json", [row(table="cat")])
    with pytest.raises(ResultsError, match="table cat is in no page of .*docs; expected <!-- results:cat --> once"):
        results.outdated(*folders)
    (folders[1] / "cat.md").write_text("<!-- results:cat -->\n<!-- /results -->\n" * 2)
    with pytest.raises(ResultsError, match="table cat is in 2 places of .*docs"):
        results.outdated(*folders)


def test_outdated_refuses_what_it_cannot_read(folders, tmp_path):
    tables, pages = folders
    with pytest.raises(ResultsError, match="there is no folder .*none; name the one"):
        results.outdated(tmp_path / "none", pages)
    with pytest.raises(ResultsError, match="docs holds no table"):
        results.outdated(pages, pages)
    with pytest.raises(ResultsError, match="results holds no page"):
        results.outdated(tables, tables)
    (pages / "ball.md").write_text("<!-- results:ball -->\n")
    with pytest.raises(ResultsError, match="ball.md, .*never closed"):
        results.outdated(*folders)
    (pages / "ball.md").write_bytes(b"\xff")
    with pytest.raises(ResultsError, match="cannot read .*ball.md"):
        results.outdated(*folders)
    (tables / "ball.json").write_text("[")
    with pytest.raises(ResultsError, match="ball.json is not valid JSON"):
        results.outdated(*folders)
