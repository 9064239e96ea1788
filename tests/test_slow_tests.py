"""The list of slow tests: it names tests that are there, and is made of pytest's report."""

from pathlib import Path

from tests.support import slow

TESTS = Path(__file__).parent
REPORT = """<testsuites><testsuite>
<testcase classname="tests.gp.test_exact" name="test_a[x-y]" time="0.9"/>
<testcase classname="tests.gp.test_exact" name="test_a[z]" time="0.1"/>
<testcase classname="tests.gp.test_exact" name="test_b" time="0.6"/>
<testcase classname="tests.test_files" name="test_c" time="2.5"/>
</testsuite></testsuites>"""


def test_every_listed_test_is_there():
    for name in slow.listed():
        file, _, function = name.partition("::")
        assert f"def {function}(" in (TESTS / file).read_text(encoding="utf-8"), name


def test_a_function_is_slow_if_one_of_its_cases_is(tmp_path):
    (tmp_path / "tests.xml").write_text(REPORT)
    assert slow.slow_functions(tmp_path / "tests.xml") == ["gp/test_exact.py::test_a", "test_files.py::test_c"]
