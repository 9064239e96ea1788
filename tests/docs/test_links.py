"""Every page: its links lead somewhere, pages cited in code exist, and so does every numbered deviation."""

import ast
import re
from pathlib import Path

import pytest

import gpvae_tf
import gpvae_tf.as_coded

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SOURCES = sorted(path for folder in ("gpvae_tf", "scripts", "tests") for path in (ROOT / folder).rglob("*.py"))
DEVIATIONS = set(re.findall(r"\*\*([A-Z]\d+)\.", (ROOT / "docs" / "deviations.md").read_text(encoding="utf-8")))
HEADING = re.compile(r"^#+ (.+)$", re.M)


def anchors(page: Path) -> set[str]:
    """Anchors of a page: explicit ones, and those that GitHub makes of headings."""
    text = page.read_text(encoding="utf-8")
    headings = (re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(text))
    return {*re.findall(r'<a id="([^"]+)">', text), *headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_is_reached_from_the_index():
    index = ROOT / "docs" / "index.md"
    links = re.findall(r"\]\(([^)#\s]+)", index.read_text(encoding="utf-8"))
    named = {(index.parent / link).resolve() for link in links}
    assert set(PAGES) - named == {index}


def test_pages_that_code_names_exist():
    for path in SOURCES:
        for name in re.findall(r"\bdocs/[\w/]+\.md", path.read_text(encoding="utf-8")):
            assert (ROOT / name).is_file() or "tests" in path.parts, f"{path}: {name}"


def test_deviations_that_code_and_pages_name_exist():
    assert {"B1", "F12", "C8", "V4", "L8", "G5", "N12"} <= DEVIATIONS
    for path in [*SOURCES, *PAGES]:
        text = path.read_text(encoding="utf-8")
        for cited in re.findall(r"deviations\.md[,)]* ?((?:[A-Z]\d+(?:, | and | to )?)+)", text):
            assert set(re.findall(r"[A-Z]\d+", cited)) <= DEVIATIONS, f"{path}: {cited}"


def test_names_of_the_library_exist():
    """`latent_gps.SparseGP` and its like, and files in backticks; CHANGELOG names what is gone."""
    for page in PAGES:
        text = "" if page.name == "CHANGELOG.md" else page.read_text(encoding="utf-8")
        for package, name in re.findall(r"`(?:gpvae_tf\.)?(\w+)\.([\w.]+)`", text):
            found = getattr(gpvae_tf, package, None)
            for part in name.split(".") if found is not None and name not in ("py", "json") else ():
                found = getattr(found, part)
        for path in re.findall(r"`((?:gpvae_tf|scripts|tests|docs|results)/[\w/.]+)`", text):
            assert (ROOT / path).exists(), f"{page}: {path}"


def test_nothing_cites_notes_that_are_not_in_the_repository():
    citing = [path for path in (*SOURCES, *PAGES) if re.search(r"\bnotes/", path.read_text(encoding="utf-8"))]
    assert set(citing) <= {Path(__file__).resolve()}


def test_a_preset_is_looked_up_and_not_compared():
    """What docs/deviations.md says of presets: switches come from a table, and no code asks for a preset's name."""
    for path in (ROOT / "gpvae_tf").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare):
                compared = {part.value for part in ast.walk(node) if isinstance(part, ast.Constant)}
                assert "authors_code" not in compared, f"{path}:{node.lineno}"


def test_every_page_is_in_the_navigation_of_the_site_and_every_entry_is_a_page():
    entries = re.findall(r": (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.M)
    assert sorted(entries) == sorted(page.relative_to(ROOT).as_posix() for page in PAGES)
