"""The clock of the host jumps by hours, both ways: nothing is judged by it."""
import os
import struct

import pytest

from hsmdtest.lone import Lone
from hsmdtest.waiting import wait_until

LIBRARY = os.path.join(os.environ["HSMD_BIN"], "jump.so")


class Jumping(Lone):
    """Its CLOCK_REALTIME is off by as many seconds as a file says; the others are the kernel's."""

    def notify(self):
        self.jump(0)
        # a sanitized program wants to be loaded first
        return {"LD_PRELOAD": LIBRARY, "HSMD_TEST_CLOCK": self.path("clock"), "ASAN_OPTIONS": "verify_asan_link_order=0"}

    def jump(self, hours):
        with open(os.open(self.path("clock"), os.O_CREAT | os.O_WRONLY), "wb") as file:
            file.write(struct.pack("q", hours * 3600))


def told(lone, kind):
    return [e for e in lone.events() if e["type"] == kind]


@pytest.mark.parametrize("hours", [7, -7])
def test_jump_of_hours_changes_no_state_and_tells_nothing(hours):
    with Jumping() as lone:
        for name in ("a", "b"):
            lone.wait(name, lambda d: d["state"] == "up", f"{name} is up")
        wait_until(lambda: told(lone, "started"), 20, "it has started")
        before = [e["id"] for e in lone.events()]
        probes = {d["name"]: d["probes"] for d in lone.status()["devices"]}
        lone.jump(hours)
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
    with Jumping(("a", "b", "c")) as lone:
        lone.wait("a", lambda d: d["state"] == "up", "a is up")
        lone.wait("b", lambda d: d["state"] == "up", "b is up")
        assert lone.attempt("maintenance", "start", "a", "--until=+2h", "--reason=x")[0] == 0
        lone.wait("a", lambda d: d["state"] == "maintenance", "a is out")
        lone.jump(-7)
        lone.wait("a", lambda d: d["state"] == "maintenance", "a is still out")
        lone.jump(7)
        lone.wait("a", lambda d: d["state"] == "up", "a is back")
