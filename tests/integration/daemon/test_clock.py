"""The clock of the host jumps by hours, both ways: nothing is judged by it."""
import os
import subprocess

import pytest

from hsmdtest.lone import Lone
from hsmdtest.waiting import wait_until

LIBRARY = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"


class Jumping(Lone):
    """Its CLOCK_REALTIME is what the file says; the monotonic one is the kernel's."""

    def notify(self):
        self.jump("+0")
        return {"LD_PRELOAD": LIBRARY, "FAKETIME_TIMESTAMP_FILE": self.path("clock"), "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}

    def jump(self, by):
        with open(self.path("clock.new"), "w", encoding="ascii") as file:
            file.write(by + "\n")
        os.replace(self.path("clock.new"), self.path("clock"))


def told(lone, kind):
    return [e for e in lone.events() if e["type"] == kind]


@pytest.mark.parametrize("by", ["+7h", "-7h"])
def test_jump_of_hours_changes_no_state_and_tells_nothing(by):
    if not os.path.exists(LIBRARY):
        pytest.skip("NO libfaketime HERE, clock jumps are untested")
    with Jumping() as lone:
        for name in ("a", "b"):
            lone.wait(name, lambda d: d["state"] == "up", f"{name} is up")
        wait_until(lambda: told(lone, "started"), 20, "it has started")
        before = [e["id"] for e in lone.events()]
        probes = {d["name"]: d["probes"] for d in lone.status()["devices"]}
        lone.jump(by)
        for name, n in probes.items():
            lone.wait(name, lambda d, n=n: d["probes"] >= n + 10, "it is checked on")
        assert [e["id"] for e in lone.events()] == before
        assert all(d["state"] == "up" and d["state_age_s"] < 600 for d in lone.status()["devices"])
        # and what happens now is known at once, and kept in order
        lone.script("a", "fail")
        os.kill(lone.device("a")["probe_pid"], 9)
        lone.wait("a", lambda d: d["state"] == "down", "a is down")
        alarm = wait_until(lone.alarms, 10, "it is an alarm")[0]
        assert alarm["age_s"] < 60
        ids = [e["id"] for e in lone.events()]
        assert ids == sorted(ids)


def test_jump_forward_ends_a_maintenance_early_and_back_does_not_prolong_it():
    if not os.path.exists(LIBRARY):
        pytest.skip("NO libfaketime HERE, clock jumps are untested")
    with Jumping(("a", "b", "c")) as lone:
        lone.wait("a", lambda d: d["state"] == "up", "a is up")
        lone.wait("b", lambda d: d["state"] == "up", "b is up")
        assert lone.attempt("maintenance", "start", "a", "--until=+2h", "--reason=x")[0] == 0
        lone.wait("a", lambda d: d["state"] == "maintenance", "a is out")
        lone.jump("-7h")
        lone.wait("a", lambda d: d["state"] == "maintenance", "a is still out")
        lone.jump("+7h")
        lone.wait("a", lambda d: d["state"] == "up", "a is back")
