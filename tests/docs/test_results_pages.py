"""The pages of results: generated tables are those of results/*.json, and the prose quotes no number without a file."""

import re
import shutil
from pathlib import Path

import pytest

from gpvae_tf import results
from tests.support import prose

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs" / "results").glob("*.md"))
WITHOUT_PICTURES = {"serving", "training_speed"}  # of times alone


def test_the_tables_are_those_of_the_files():
    assert [path.name for path in results.outdated(ROOT / "results", ROOT / "docs" / "results")] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_number_has_a_file(page):
    assert prose.unsupported(page) == []


def test_a_number_that_the_linked_page_does_not_rest_on_is_found(tmp_path):
    (tmp_path / "results").symlink_to(ROOT / "results")
    pages = shutil.copytree(ROOT / "docs" / "results", tmp_path / "docs" / "results")
    index = pages / "index.md"
    assert prose.unsupported(index) == []
    changed = index.read_text(encoding="utf-8").replace("0.154 ± 0.009 exact", "0.158 ± 0.009 exact")
    index.write_text(changed.replace("[the GP encoder](gp_encoder.md)", "the GP encoder"), encoding="utf-8")
    missing = "".join(prose.unsupported(index))
    assert "0.158" in missing and "+11.4" in missing and "0.0251" not in missing


@pytest.mark.parametrize(
    "right, wrong", [("| 0.961 |", "| 0.971 |"), ("1.29 times", "1.39 times"), ("-573.3 ± 0.2", "-537.3 ± 0.2")]
)
def test_a_number_without_a_file_is_found(tmp_path, right, wrong):
    (tmp_path / "results").symlink_to(ROOT / "results")
    (tmp_path / "docs" / "results").mkdir(parents=True)
    page = tmp_path / "docs" / "results" / "moving_ball.md"
    text = (ROOT / "docs" / "results" / "moving_ball.md").read_text(encoding="utf-8")
    assert text.count(right) == 1
    page.write_text(text.replace(right, wrong), encoding="utf-8")
    assert len(prose.unsupported(page)) == 1


@pytest.mark.parametrize("page", [page for page in PAGES if page.stem != "index"], ids=lambda page: page.stem)
def test_every_picture_is_there_and_every_page_names_its_command(page):
    text = page.read_text(encoding="utf-8")
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)
    assert (pictures or page.stem in WITHOUT_PICTURES) and all(
        (page.parent / picture).is_file() for picture in pictures
    )
    assert re.search(r"python scripts/(reproduce\.py --table|own_data\.py --data|benchmark\.py --suite)=", text)


def test_every_figure_is_on_a_page():
    shown = {Path(name).name for page in PAGES for name in re.findall(r"\]\(([^)]+)\)", page.read_text("utf-8"))}
    figures = {path.name for path in (ROOT / "results" / "figures").iterdir()}
    assert figures - shown == set()
