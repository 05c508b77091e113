"""Drills: a machine is taken out by hand and brought back, and a protocol is written."""
import json
import subprocess

import pytest

from hsmdtest.waiting import wait_until
from hsmdtest.watched import Watched

REFUSED = 3
INTERVAL = 1.0  # much longer than a drill's pace


@pytest.fixture(name="watched", scope="module")
def fixture_watched():
    with Watched(["one", "two", "three"], timing={"interval": int(INTERVAL * 1000)}) as watched:
        yield watched


@pytest.fixture(name="w")
def fixture_w(watched):
    """All up, and no drill on; what a test did is taken back."""
    watched.up()
    yield watched
    for name in watched.names:
        watched.clear(name)
    watched.attempt("drill", "one", "--cancel")


class Drill:
    """hsmctl drill one, as an engineer holds it."""

    def __init__(self, w):
        self.w = w

    def __enter__(self):
        self.process = subprocess.Popen(
            [f"{self.w.bin}/hsmctl", "--socket=" + self.w.path("run", "control"), "drill", "one", "--by=li", "--json=short"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_until(lambda: on(self.w) or self.process.poll() is not None, 10, "the drill is armed")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def over(self):
        said, complaint = self.process.communicate(timeout=30)
        return self.process.returncode, json.loads(said), complaint


def on(w):
    return w.status()["fleet"].get("drill", "")


def protocol(w):
    status, said = w.attempt("drill", "one", "--show", "--json=short")
    assert status == 0, said
    return json.loads(said)


def take_out(w, name):
    w.fault(name, "unplug")
    w.wait(name, lambda d: d["state"] == "down", f"{name} is declared")


def bring_back(w, name):
    w.clear(name)
    w.up(name)


def more_checks(w, name, n):
    enough = w.device(name)["probes"] + n
    w.wait(name, lambda d: d["probes"] >= enough, f"{n} more checks of {name}")


def refused(done, *words):
    status, said = done
    assert status == REFUSED and all(word in said for word in words), said


def distances(w, name):
    """Between the starts of its last attempts, seconds, oldest first."""
    starts = [a["started_us"] for a in json.loads(w.attempt("device", name, "--json=short")[1])["attempts"]]
    return [(b - a) / 1e6 for a, b in zip(starts, starts[1:])]


def test_machine_taken_out_and_brought_back_makes_a_protocol(w):
    with Drill(w) as drill:
        assert on(w) == "one: armed by li"
        more_checks(w, "two", 3)
        take_out(w, "two")
        assert on(w) == "one: armed by li, two is out"
        refused(w.attempt("drill", "one", "--gap=1 s"), "still on")
        bring_back(w, "two")
        status, p, _ = drill.over()
    assert status == 0 and on(w) == ""
    assert (p["device"], p["by"], p["phase"], p["verdict"]) == ("two", "li", "returned", "open")
    assert p["armed"] < p["last_good"] < p["first_failure"] < p["declared"] < p["returned"] == p["ended"]
    assert 0 < p["detection_ms"] <= p["bound_ms"] == w.device("two")["detection_bound_ms"]
    assert p["gap_ms"] > 0 and p["recovery_ms"] > 0
    assert (p["survivors"], p["survivor_failures"]) == (2, 0)
    assert p["latency_before_us"] > 0 and p["latency_after_us"] > 0
    assert "not the business system" in p["measured_by"]
    # it waits for a word of the business system, and for nothing else
    refused(w.attempt("drill", "one", "--gap=quick"), "1.5 s", "not measured")
    assert protocol(w)["verdict"] == "open"
    assert w.attempt("drill", "one", "--gap=not measured", "--by=zhao")[0] == 0
    p = protocol(w)
    assert (p["verdict"], p["business_gap"], p["business_by"]) == ("passed", "not measured", "zhao")


def test_its_machines_are_checked_quickly_only_while_it_lasts(w):
    with Drill(w):
        more_checks(w, "one", 10)
        assert sorted(distances(w, "one")[-8:])[4] < INTERVAL / 2
        assert w.attempt("drill", "one", "--cancel")[0] == 0
    more_checks(w, "one", 2)
    assert distances(w, "one")[-1] > INTERVAL / 2


def test_another_machine_that_falls_is_a_real_fault(w):
    with Drill(w) as drill:
        take_out(w, "two")
        take_out(w, "three")
        status, p, _ = drill.over()
    assert status == REFUSED
    assert (p["phase"], p["verdict"]) == ("cancelled", "failed")
    assert "three fell while two was out" in p["why"] and "three" in p["why_local"]


def test_nothing_else_is_done_to_a_pool_in_a_drill(w):
    with Drill(w):
        refused(w.attempt("drill", "one"), "a drill is on", "--cancel")
        refused(w.attempt("measure", "one"), "a drill is on")
        refused(w.attempt("maintenance", "start", "one", "--until=+1h", "--reason=fan"), "a drill is on", "--cancel")


def test_drill_begins_only_with_every_machine_up_and_one_to_spare(w):
    assert w.attempt("maintenance", "start", "one", "--until=+1h", "--reason=fan")[0] == 0
    refused(w.attempt("drill", "one"), "one is maintenance")
    assert w.attempt("maintenance", "end", "one")[0] == 0
    take_out(w, "one")
    refused(w.attempt("drill", "one"), "one is down")
    bring_back(w, "one")
    with open(w.path("hsmd.conf"), encoding="utf-8") as file:
        original = file.read()
    for text, words in ((original.replace("required = 1;", "required = 3;"), ("no machine to spare", "3 are required")),
                        (original, None)):
        with open(w.path("hsmd.conf"), "w", encoding="utf-8") as file:
            file.write(text)
        w.reload()
        if words:
            refused(w.attempt("drill", "one"), *words)


def test_cancelled_drill_says_by_whom_and_passes_never(w):
    with Drill(w) as drill:
        assert w.attempt("drill", "one", "--cancel", "--by=wang")[0] == 0
        status, p, _ = drill.over()
    assert status == REFUSED and (p["phase"], p["ended_by"]) == ("cancelled", "wang")
    assert w.attempt("drill", "one", "--gap=0")[0] == 0
    assert protocol(w)["verdict"] == "failed"


def test_protocol_outlives_hsmd(w):
    before = protocol(w)
    w.stop()
    w.start()
    wait_until(lambda: w.attempt("drill", "one", "--show")[0] == 0, 10, "the history tells of it")
    assert protocol(w) == before
