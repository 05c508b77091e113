"""A probe that SIGKILL does not end: its module writes to a file system that has stopped. It is left alone, others run on,
and no more than a few of its kind are made."""
import os
import subprocess

import pytest

from hsmdtest.disk import Disk
from hsmdtest.lone import Lone
from hsmdtest.processes import descendants
from hsmdtest.waiting import wait_until

AT_MOST = 3  # of one device


class OnDisk(Lone):
    def __init__(self):
        super().__init__(["a", "b"], scripts={"a": "write"}, timing={"deadline": 500})

    def start(self):
        self.disk = Disk(self.path("world", "a", "disk"))
        try:
            self.disk.__enter__()
        except (OSError, subprocess.CalledProcessError) as error:
            self.disk = None
            pytest.skip(f"NO FILE SYSTEM CAN BE MOUNTED AND STOPPED HERE, unkillable probes are untested: {error}")
        super().start()

    def __exit__(self, *exception):
        if self.disk:
            self.disk.thaw()
        if self.process and self.process.poll() is None:
            self.stop("SIGKILL")
        if self.disk:
            self.disk.__exit__()
        super().__exit__(*exception)

    def probes(self, name):
        return [i for i in descendants(self.process.pid) if self.argument(i[0]) == f"hsmd-probe: {name}"]


@pytest.fixture(name="lone", scope="module")
def fixture_lone():
    with OnDisk() as lone:
        for name in lone.names:
            lone.wait(name, lambda d: d["state"] == "up", f"{name} is up")
        yield lone


def state_of(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return file.read().rsplit(")", 1)[1].split()[0]


def test_probes_that_do_not_end_are_counted_and_capped(lone):
    before = lone.device("b")
    lone.disk.freeze()
    stuck = lone.wait("a", lambda d: d["reason"] == "unkillable", "hsmd gives up starting probes of a", 60)
    assert stuck["state"] == "unknown"
    counted = lone.wait("a", lambda d: d["unkillable"] == AT_MOST, "all are counted")
    assert counted["detail"].startswith(f"{AT_MOST} of its probes"), counted["detail"]
    probes = lone.probes("a")
    assert len(probes) == AT_MOST, probes
    assert [state_of(p[0]) for p in probes] == ["D"] * AT_MOST
    # more checks come due, and still no more processes come
    lone.wait("b", lambda d: d["probes"] > counted["probes"] + 20, "b is checked on")
    assert lone.probes("a") == probes
    after = lone.device("b")
    assert (after["state"], after["failures"], after["unkillable"]) == ("up", before["failures"], 0)
    assert after["probe_restarts"] == before["probe_restarts"]


def test_it_is_watched_again_when_they_have_ended(lone):
    lone.disk.thaw()
    up = lone.wait("a", lambda d: d["state"] == "up", "a is watched again")
    assert up["unkillable"] == 0
    # the time in which none could be started, 20 intervals of b, is no delay of a start
    assert up["start_delay_max_us"] < 2_000_000
    wait_until(lambda: len(lone.probes("a")) == 1, 20, "only the new probe is left")
