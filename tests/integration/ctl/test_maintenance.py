"""`hsmctl maintenance`: out of service, and back."""

import json
import os

import pytest
from ctl_screens import assert_lined_up, screen

START = ("maintenance", "start", "bureau-1")


def test_start_tells_hsmd_until_when_why_and_who(stub, run):
    result = run(*START, "--until=+2h", "--reason=更换 电源", "--ticket=工单-118", "--by", "王工")
    assert (result.returncode, result.stderr) == (0, "")
    assert "bureau-1 is in maintenance until 20" in result.stdout and "maintenance end bureau-1" in result.stdout
    stub.expect("maintenance device=bureau-1 left=120 reason=更换 电源 ticket=工单-118 probing=1 force=0 by=王工 "
                f"uid={os.getuid()}")
    assert run(*START, "--until=+1d", "--reason=x", "--no-probing", "--force", "--by=li", lang="zh").returncode == 0
    stub.expect(f"maintenance device=bureau-1 left=1440 reason=x ticket= probing=0 force=1 by=li uid={os.getuid()}")


def test_end(stub, run):
    assert "has ended" in screen(run("maintenance", "end", "bureau-1", "--by=li"))
    stub.expect(f"maintenance_end device=bureau-1 by=li uid={os.getuid()}")


@pytest.mark.parametrize("arguments, code, words", [
    (["--reason=x"], 1, "--until=+2h"), (["--until=+2h"], 1, "--reason"), (["--until=+2h", "--reason="], 1, "--reason"),
    (["--until=-2h", "--reason=x"], 1, "is over; right is a time to come"),
    (["--until=00:00", "--reason=x"], 1, "is over"), (["--until=+31d", "--reason=x"], 1, "more than 30 days"),
    (["--until=later", "--reason=x"], 1, "tomorrow"), (["--until=+2h", "--reason=" + "长" * 86], 3, "at most 255"),
    (["--until=+2h", "--reason=x\ny"], 3, "one line"), (["--until=+2h", "--reason=\u202ey"], 3, "one line"),
    (["--until=+2h", "--reason=x", "--ticket=" + "t" * 64], 3, "at most 63"),
    (["--until=+2h", "--reason=x", "--by=refuse"], 3, "right is something else")])
def test_bad_input_is_told_what_would_be_right(stub, run, arguments, code, words):
    result = run(*START, *arguments)
    assert (result.returncode, result.stdout) == (code, "") and words in result.stderr, result.stderr
    assert run(*START, *arguments, lang="zh").returncode == code


@pytest.mark.parametrize("arguments, code, words", [
    (["maintenance", "start"], 1, "maintenance start NAME"), (["maintenance", "pause", "bureau-1"], 1, "maintenance end NAME"),
    (["maintenance", "end", "bureau-8"], 2, "bureau-7"),
    (["maintenance", "start", "bureau-8", "--until=+1h", "--reason=x"], 2, "portal-2")])
def test_wrong_use(run, arguments, code, words):
    result = run(*arguments)
    assert result.returncode == code and words in result.stderr


def test_what_is_under_way_is_listed(stub, run):
    assert screen(run("maintenance")) == "no machine is in maintenance\n"
    stub.command("maintenance", "bureau-6", 7200, "王工")
    stub.command("maintenance", "portal-1", 600, "li")
    text = screen(run("maintenance"))
    assert_lined_up(text, "MACHINE")
    rows = [line.split() for line in text.splitlines()[1:]]
    assert [(row[0], row[-2], row[-1]) for row in rows] == [
        ("bureau-6", "王工", "更换电源模块"), ("portal-1", "li", "更换电源模块")]
    assert "2时0分" in screen(run("maintenance", lang="zh"))
    assert [d["name"] for d in json.loads(run("maintenance", "--json=short").stdout)["devices"]] == [
        "bureau-6", "portal-1"]
