"""What holds around the probes: time, reloads, the stop, and PINs that are under way when either comes."""
import os
import resource
import shutil
import signal
import subprocess
import time

import pytest

from hsmdtest.demo import ROOT
from hsmdtest.lone import Lone
from hsmdtest.waiting import wait_until

CONTROL = os.path.join(os.environ["HSMD_BIN"], "hsmctl")


def snmp(lone, verb):
    """The pid of hsmd-snmp VERB, or None."""
    return next((p for p in lone.children() if lone.argument(p) == "hsmd-snmp" and lone.argument(p, 1) == verb), None)


class Held:
    """with Held(lone) as held: … held.release(): the disk's thread stands still, and a reload waits behind."""

    def __init__(self, lone):
        self.lone, self.fifo = lone, lone.path("state", "engine-serve.new")

    def __enter__(self):
        os.mkfifo(self.fifo)
        os.kill(wait_until(lambda: snmp(self.lone, "serve"), 10, "serve runs"), 9)
        wait_until(self.ask, 20, "a reload is held up")
        return self

    def ask(self):
        """True once a reload does not come back at once: the disk's thread waits for a reader of the FIFO."""
        self.asked = subprocess.Popen([CONTROL, "reload"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                      env=dict(os.environ, HSMD_SOCKET=self.lone.path("run", "control")))
        try:
            self.asked.wait(0.5)
            return False
        except subprocess.TimeoutExpired:
            return True

    def release(self):
        reader = os.open(self.fifo, os.O_RDONLY | os.O_NONBLOCK)
        wait_until(lambda: not os.path.exists(self.fifo), 10, "the disk's thread goes on")
        os.close(reader)

    def __exit__(self, *_):
        if os.path.exists(self.fifo):
            self.release()
        self.asked.wait(20)


def test_probe_that_never_starts_is_no_evidence_and_does_not_silence_its_pool():
    with Lone(scripts={"a": "silent"}, timing={"restart": 100}) as lone:
        lone.wait("a", lambda d: d["reason"] == "no_evidence", "the bound is over")
        lone.script("b", "fail")
        os.kill(lone.device("b")["probe_pid"], 9)
        lone.wait("b", lambda d: d["state"] == "down", "b is down")
        wait_until(lambda: "pool one" in lone.log(), 10, "what became of the pool is logged")


def test_status_line_has_room_for_many_pools():
    pools = [f"a-pool-with-a-very-long-name-number-{n:02}" for n in range(40)]
    with Lone(names=[f"d{n}" for n in range(40)], pools=pools) as lone:
        lone.wait("d39", lambda d: d["state"] == "up", "all are up")
        lone.reload()


def test_counters_go_on_across_a_change_of_the_probe():
    with Lone() as lone:
        before = lone.wait("a", lambda d: d["probes"] >= 3, "three checks")
        lone.configure(own={"a": "random = false;"})
        lone.reload()
        after = lone.device("a")
        assert after.get("probe_pid") != before["probe_pid"], "it is another probe"
        for counter in ("probes", "failures", "probe_restarts", "signs", "logins"):
            assert after[counter] >= before[counter], counter
        assert after["keys"][0]["signs"] >= before["keys"][0]["signs"]


def test_shorter_interval_holds_from_the_reload_on():
    own = {n: "present_interval = 600000;" for n in "ab"}  # else it would follow the interval, and the probe be another
    with Lone(timing={"interval": 600_000}) as lone:
        lone.configure(own=own)
        lone.reload()
        before = lone.wait("a", lambda d: d["state"] == "up", "the first climb")
        lone.configure({"interval": 200}, own=own)
        lone.reload()
        after = lone.wait("a", lambda d: d["probes"] > before["probes"] + 1, "it is checked at the new interval", 10)
        assert after["probe_pid"] == before["probe_pid"]


def test_snmp_worker_is_started_when_descriptors_are_there_again():
    with Lone() as lone:
        hsmd = lone.process.pid
        wait_until(lambda: snmp(lone, "serve"), 10, "serve runs")
        soft, hard = resource.prlimit(hsmd, resource.RLIMIT_NOFILE)
        restarts = lone.status()["fleet"]["serve_restarts"]
        resource.prlimit(hsmd, resource.RLIMIT_NOFILE, (4, hard))
        os.kill(snmp(lone, "serve"), 9)
        wait_until(lambda: "serve cannot be started" in lone.log(), 10, "it cannot be started")
        resource.prlimit(hsmd, resource.RLIMIT_NOFILE, (soft, hard))
        wait_until(lambda: snmp(lone, "serve"), 10, "serve runs again")
        assert lone.status()["fleet"]["serve_restarts"] == restarts + 1


def test_reload_that_is_ready_while_hsmd_stops_changes_nothing():
    with Lone(scripts={"a": "deaf"}) as lone:
        lone.wait("a", lambda d: d["state"] == "up", "a is up")
        with Held(lone) as held:
            lone.names.append("c")
            os.makedirs(lone.path("world", "c"))
            lone.script("c", "crowd")
            lone.configure()
            began = time.monotonic()
            lone.process.send_signal(signal.SIGTERM)
            wait_until(lambda: "stopping" in lone.log(), 10, "it stops")
            held.release()
            assert lone.process.wait(20) == 0
            assert time.monotonic() - began < 2
        assert "reloaded" not in lone.log().partition("stopping")[2]
        assert not lone.lines("c", "crowd"), "nothing was started any more"


def test_stop_takes_what_a_module_left_with_it():
    with Lone(scripts={"a": "crowd"}) as lone:
        wait_until(lambda: lone.lines("a", "crowd"), 10, "the module has left processes")
        pids = lone.children()
        assert len(pids) >= 4
        assert lone.stop() == 0
        assert not [p for p in pids if lone.exists(p)]


def test_poll_worker_that_a_reload_takes_away_while_it_is_told_its_agents():
    agent = ('snmp: { address = "127.0.0.1:9"; version = "v2c"; community = { file = "%s"; }; profile = "vhsm"; '
             'interval = 1000; timeout = 100; };')
    with Lone() as lone:
        shutil.copytree(os.path.join(ROOT, "config", "sensors"), lone.path("sensors"))
        lone.configure(own={"a": agent % lone.path("pin")})
        lone.reload()
        old = wait_until(lambda: snmp(lone, "poll"), 10, "poll runs")
        with Held(lone) as held:
            os.kill(old, 9)
            wait_until(lambda: snmp(lone, "poll") not in (None, old), 10, "another runs, to be told its agents")
            lone.device("a")
            lone.configure()
            held.release()
        wait_until(lambda: not snmp(lone, "poll"), 10, "poll has ended")
        lone.reload()
        assert lone.process.poll() is None


@pytest.mark.parametrize("how", ["reload", "stop", "second question"])
def test_login_under_way_with_an_unproven_pin_is_not_tried_again(how):
    with Lone(scripts={"a": "pin"}) as lone:
        wait_until(lambda: lone.lines("a", "pins"), 10, "the PIN was given")
        if how == "reload":
            lone.configure(own={"a": "random = false;"})
            lone.reload()
        elif how == "stop":
            assert lone.stop() == 0
            lone.start()
        lone.wait("a", lambda d: d["state"] == "down" and d["reason"] == "pin_refused", "it is down")
        assert lone.lines("a", "pins") == ["given"]


def test_stop_learnt_of_after_a_standstill_is_excused_even_when_the_deadline_comes_first():
    with Lone(scripts={"a": "hang"}) as lone:
        wait_until(lambda: lone.lines("a", "hangs"), 10, "a call hangs")
        lone.process.send_signal(signal.SIGSTOP)
        stood = time.monotonic()
        before = wait_until(lambda: [p for p in lone.children() if lone.argument(p) == "hsmd-probe: a"], 10, "its probe")
        os.kill(before[0], signal.SIGSTOP)
        lone.script("a", "good")
        wait_until(lambda: time.monotonic() - stood > 1.5, 5, "it stood long enough to know")
        lone.process.send_signal(signal.SIGCONT)
        device = lone.wait("a", lambda d: d.get("probe_pid") not in (None, before[0]), "the probe is replaced")
        assert (device["failures"], device["probe_restarts"]) == (0, 1)


def test_suspect_device_serves_until_its_failure_is_confirmed():
    with Lone(["a"], timing=dict(fall=100)) as lone:
        up = lone.wait("a", lambda d: d["state"] == "up", "it is up")
        lone.script("a", "fail")
        os.kill(up["probe_pid"], 9)  # the next one plays it
        suspect = lone.wait("a", lambda d: d["state"] == "suspect", "it is suspect")
        lone.wait("a", lambda d: d["failures"] >= suspect["failures"] + 2, "it failed again")
        pool = lone.status()["pools"][0]
        assert (lone.device("a")["state"], pool["serving"], pool["state"]) == ("suspect", 1, "at_capacity")
