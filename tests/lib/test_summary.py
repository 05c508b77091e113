"""What ./check counts at its end."""
import os
import subprocess

import pytest

SUMMARY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "summary")


def case(name, output="", status="run", inside=""):
    return f'<testcase name="{name}" status="{status}"><system-out>{output}</system-out>{inside}</testcase>'


@pytest.fixture(name="summarize")
def fixture_summarize(tmp_path):
    def summarize(*cases):
        junit = tmp_path / "check.xml"
        junit.write_text(f"<testsuite>{''.join(cases)}</testsuite>", encoding="utf-8")
        done = subprocess.run([SUMMARY, junit], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.splitlines()
    return summarize


def test_a_plain_program_counts_as_one(summarize):
    assert summarize(case("a"), case("b")) == (0, ["2 passed, 0 failed, 0 skipped"])


def test_pytest_counts_by_its_last_line(summarize):
    output = "..s\n3 passed in a comment\n=== 2 passed, 1 skipped in 0.20s ===\n"
    status, lines = summarize(case("a", "SKIPPED [1] test_x.py:3: needs root\n" + output))
    assert (status, lines) == (0, ["SKIPPED a: SKIPPED [1] test_x.py:3: needs root", "2 passed, 0 failed, 1 skipped"])


def test_cmocka_counts_by_its_totals(summarize):
    output = "[  PASSED  ] 7 test(s).\n[  SKIPPED ] journal: 2 test(s), listed below:\n[  SKIPPED ] journal_stuck\n"
    status, lines = summarize(case("unit.a", output))
    assert (status, lines) == (0, ["SKIPPED unit.a: [  SKIPPED ] journal_stuck", "7 passed, 0 failed, 2 skipped"])


def test_a_failure_fails_and_is_named(summarize):
    status, lines = summarize(case("a", "1 failed, 4 passed in 1.00s\n", "fail"), case("b"))
    assert (status, lines) == (1, ["FAILED  a", "5 passed, 1 failed, 0 skipped"])


def test_a_program_that_died_counts_as_one_failure_at_least(summarize):
    status, lines = summarize(case("a", "4 passed in 1.00s\n", "fail"))
    assert (status, lines[-1]) == (1, "4 passed, 1 failed, 0 skipped")


def test_what_ctest_skipped_is_told_with_its_reason(summarize):
    status, lines = summarize(case("a", "", "notrun", '<skipped message="SKIP_RETURN_CODE=77"/>'))
    assert (status, lines) == (0, ["SKIPPED a: SKIP_RETURN_CODE=77", "0 passed, 0 failed, 1 skipped"])


def test_nothing_run_is_a_failure(summarize):
    assert summarize() == (1, ["0 passed, 0 failed, 0 skipped"])
