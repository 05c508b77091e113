"""A probe that misbehaves in every way that a probe can: hsmd stays the judge, and its neighbour is checked on time."""
import json
import os

import pytest

from hsmdtest.lone import Lone
from hsmdtest.waiting import wait_until

INTERVAL_US = 200_000


@pytest.fixture(name="lone", scope="module")
def fixture_lone():
    with Lone() as lone:
        yield lone


def checked_on(lone, name="b", more=5):
    """That device is checked on, none skipped and none failed."""
    before = lone.device(name)
    after = lone.wait(name, lambda d: d["probes"] >= before["probes"] + more, f"{name} is checked on")
    for counter in ("checks_skipped", "failures", "probe_restarts"):
        assert after[counter] == before[counter]
    assert after["start_delay_max_us"] < INTERVAL_US, "no check began later than the next one was due"


def play(lone, word, name="a"):
    """The next probe of that device plays this."""
    pid = lone.wait(name, lambda d: "probe_pid" in d, "there is a probe")["probe_pid"]
    restarts = lone.device(name)["probe_restarts"]
    lone.script(name, word)
    try:
        os.kill(pid, 9)
    except ProcessLookupError:
        pass
    lone.wait(name, lambda d: d["probe_restarts"] > restarts, "the probe was replaced")


@pytest.fixture(autouse=True)
def fixture_good(lone):
    """Each test begins and ends with both up."""
    yield
    lone.script("a", "good")
    lone.wait("a", lambda d: d["state"] == "up", "a is up again")
    assert lone.process.poll() is None


@pytest.mark.parametrize("word", ["silent", "exit", "garbage", "nonsense", "flood_hello", "flood_child"])
def test_probe_that_never_answers_is_nobodys_failure_and_becomes_unknown(lone, word):
    failures = lone.device("a")["failures"]
    play(lone, word)
    checked_on(lone)
    lone.wait("a", lambda d: (d["state"], d["reason"]) == ("unknown", "no_evidence"), "a is unknown")
    assert lone.device("a")["failures"] == failures


@pytest.mark.parametrize("word", ["flood_result", "flood_login"])
def test_probe_that_answers_well_and_floods_is_replaced(lone, word):
    play(lone, word)
    checked_on(lone)
    restarts = lone.device("a")["probe_restarts"]
    lone.wait("a", lambda d: d["probe_restarts"] > restarts + 1, "a's probe is replaced again and again")


def test_flood_after_a_failure_ends_with_the_probe(lone):
    play(lone, "flood_after")
    checked_on(lone)
    lone.wait("a", lambda d: d["state"] == "down" and d["failed_step"] == "session", "a is down")
    for pid in lone.children():
        if lone.exists(pid) and lone.argument(pid) == "hsmd-probe: a":
            wait_until(lambda p=pid: not lone.exists(p), 10, "the flooding probe is killed")


def test_probe_that_fills_its_output_is_heard_only_so_far(lone):
    play(lone, "flood_output")
    checked_on(lone)
    assert lone.log().count("chatter") < 5000
    assert "prints too much" in lone.log()


def test_absurd_numbers_and_strings_are_shown_without_harm(lone):
    play(lone, "absurd")
    device = lone.wait("a", lambda d: d["state"] == "up" and d["probes"] > 0 and d.get("manufacturer"), "a answered")
    assert set(device["manufacturer"]) == {"?"}
    checked_on(lone)
    json.dumps(lone.status())


def test_descriptors_that_come_with_nothing_are_closed(lone):
    play(lone, "empty")
    before, descriptors = lone.device("a")["probe_restarts"], lone.descriptors()
    lone.wait("a", lambda d: d["probe_restarts"] >= before + 20, "twenty more probes")
    assert lone.descriptors() <= descriptors + 5  # of the probe that is there, or not


def test_last_words_of_a_probe_are_logged(lone):
    play(lone, "exit")
    wait_until(lambda: "I cannot" in lone.log(), 10, "what it said before it ended is in the log")


def test_count_of_signatures_never_goes_back(lone):
    with open(lone.path("world", "a", "signs"), "w", encoding="ascii") as file:
        file.write("5")
    before = lone.wait("a", lambda d: d["signs"] >= 5, "five signatures")["signs"]
    for told in ("2", "0", "0xffffffffffffffff", "1"):
        with open(lone.path("world", "a", "signs"), "w", encoding="ascii") as file:
            file.write(told)
        probes = lone.device("a")["probes"]
        now = lone.wait("a", lambda d, n=probes: d["probes"] >= n + 2, "two more checks")["signs"]
        assert now >= before
        before = now
    play(lone, "good")
    assert lone.wait("a", lambda d: d["state"] == "up", "a is up")["signs"] >= before


def test_probe_that_keeps_dying_between_calls_is_not_started_in_a_rush():
    with Lone(["a"], timing=dict(interval=20000)) as slow:
        for _ in range(6):
            pid = slow.wait("a", lambda d: d["state"] == "up" and d.get("probe_pid"), "a probe is up")["probe_pid"]
            os.kill(pid, 9)
            slow.wait("a", lambda d, old=pid: d.get("probe_pid") not in (None, old), "another runs")
        slow.wait("a", lambda d: d["probes"] >= 7, "the last one has climbed")
        device = json.loads(slow.attempt("device", "a", "--json=short")[1])
        starts = [a["started_us"] for a in device["attempts"] if a["climb"]]
        gaps = [(b - a) / 1000 for a, b in zip(starts, starts[1:])]
        assert len(gaps) == 6 and all(gap >= 50 * 2 ** n for n, gap in enumerate(gaps)), gaps
