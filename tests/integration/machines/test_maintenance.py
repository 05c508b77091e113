"""Machines that somebody takes out of service, and that come back."""
import itertools
import subprocess
import time

import pytest

from hsmdtest.waiting import wait_until
from hsmdtest.watched import Key, Watched

SERVICES = """{ number = 1; name = "licence"; title = "licence"; pool = "one"; keys = [ 1 ]; },
{ number = 2; name = "stamp"; title = "stamp"; pool = "one"; keys = [ 2 ]; }"""
REFUSED = 3


@pytest.fixture(name="watched", scope="module")
def fixture_watched():
    with Watched(["one", "two"], keys=[Key("hsmd-probe"), Key("second")], services=SERVICES) as watched:
        yield watched


@pytest.fixture(name="w")
def fixture_w(watched):
    """Both up; what a test did to them is taken back."""
    watched.up()
    yield watched
    for name in watched.names:
        watched.clear(name)
        watched.attempt("maintenance", "end", name)


def start(w, name, *options, until="+10m", reason="fan replaced"):
    return w.attempt("maintenance", "start", name, f"--until={until}", f"--reason={reason}", "--by=li", *options)


def started(w, name, *options, **more):
    status, said = start(w, name, *options, **more)
    assert status == 0, said
    assert w.device(name)["state"] == "maintenance"


def ended(w, name):
    status, said = w.attempt("maintenance", "end", name, "--by=wang")
    assert status == 0, said


def refused(done, *words):
    status, said = done
    assert status == REFUSED and all(word in said for word in words), said


def serving(w):
    return w.status()["pools"][0]["serving"]


def more_checks(w, name, n):
    enough = w.device(name)["probes"] + n
    w.wait(name, lambda d: d["probes"] >= enough, f"{n} more checks of {name}")


def test_machine_in_maintenance_is_no_capacity_and_is_checked_all_the_same(w):
    started(w, "one", "--ticket=T-7", reason="换风扇")
    shown = w.device("one")
    assert shown["reason"] == "maintenance" and shown["maintenance_by"] == "li"
    assert shown["maintenance_reason"] == "换风扇" and "maintenance_until" in shown
    assert serving(w) == 1
    more_checks(w, "one", 3)
    assert w.device("one")["state"] == "maintenance"
    ended(w, "one")
    assert w.device("one")["state"] == "up" and "maintenance_until" not in w.device("one")
    assert serving(w) == 2
    refused(w.attempt("maintenance", "end", "one"), "not in maintenance")


def test_without_probing_nothing_touches_the_machine(w):
    started(w, "one", "--no-probing")
    wait_until(lambda: w.counters("one")["sessions"] == 0, 10, "its session is closed")
    logins, checks = w.counters("one")["login_ok"], w.device("one")["probes"]
    more_checks(w, "two", 5)
    shown = w.device("one")
    assert shown["probes"] == checks and "probe_pid" not in shown and shown["state"] == "maintenance"
    refused(w.attempt("probe", "one"), "not to be touched")
    refused(w.attempt("measure", "one", "--out-of-service"), "not to be touched")
    assert w.counters("one")["login_ok"] == logins
    ended(w, "one")
    w.up("one")
    assert w.counters("one")["login_ok"] == logins + 1


def test_what_was_known_before_nobody_looked_is_not_shown_again(w):
    started(w, "one", "--no-probing")
    wait_until(lambda: w.counters("one")["sessions"] == 0, 10, "its session is closed")
    w.fault("one", "unplug")
    ended(w, "one")
    w.wait("one", lambda d: d["state"] == "down", "it is found unplugged")
    lines = [line.split(": ")[1] for line in w.log().splitlines() if line.startswith("one (one): ")]
    told = [line.split(", was ")[0] for line in lines]
    assert [state for state, _ in itertools.groupby(told)][-3:] == ["maintenance", "unknown", "down"], told


def test_it_ends_by_itself_after_a_warning(w):
    started(w, "one", until="+3s")
    w.wait("one", lambda d: d["state"] == "up", "its time is over")
    said = w.log()
    assert 0 < said.rfind("its maintenance ends in") < said.rfind("maintenance is over: its time is over")


def test_another_end_and_reason_for_one_that_is_under_way(w):
    started(w, "one", until="+4s")
    started(w, "one", "--no-probing", until="+1h", reason="a longer look")
    wait_until(lambda: w.counters("one")["sessions"] == 0, 10, "its session is closed")
    started(w, "one", until="+1h", reason="nearly done")
    w.wait("one", lambda d: "probe_pid" in d, "it is checked again")
    assert w.device("one")["maintenance_reason"] == "nearly done"


def test_last_member_that_serves_stays_unless_somebody_insists(w):
    w.fault("two", "unplug")
    w.wait("two", lambda d: d["state"] == "down", "two is down")
    refused(start(w, "one"), "last member of pool one", "--force")
    assert w.device("one")["state"] == "up"
    started(w, "one", "--force")


def test_last_machine_of_a_business_system_stays_though_the_pool_does_not_count_on_it(w):
    w.fault("one", "missing-key", "second")
    w.wait("one", lambda d: d["state"] == "degraded", "a key is missing")
    w.fault("two", "unplug")
    w.wait("two", lambda d: d["state"] == "down", "two is down")
    assert serving(w) == 0
    refused(start(w, "one"), "keys of licence", "--force")


def test_burst_and_maintenance_compose(w):
    started(w, "one")
    status, said = w.attempt("measure", "one", "--out-of-service", "--duration=0.3")
    assert status == 0, said
    assert w.device("one")["state"] == "maintenance"
    ended(w, "one")
    w.up("one")


def test_no_maintenance_begins_while_a_burst_is_under_way(w):
    hsmctl = [f"{w.bin}/hsmctl", "--socket=" + w.path("run", "control")]
    with subprocess.Popen([*hsmctl, "measure", "one", "--out-of-service", "--duration=2"], stdout=subprocess.DEVNULL) as burst:
        w.wait("one", lambda d: d["state"] == "maintenance", "it is measured")
        refused(start(w, "one"), "being measured")
        assert burst.wait(20) == 0
    w.up("one")


def test_a_reload_leaves_it_and_ends_it_with_its_device(w):
    with open(w.path("hsmd.conf"), encoding="utf-8") as file:
        original = file.read()

    def reload(text):
        with open(w.path("hsmd.conf"), "w", encoding="utf-8") as f:
            f.write(text)
        w.reload()

    started(w, "two", "--no-probing", reason="stays")
    reload(original.replace('name = "two";', 'name = "two"; random = false;'))  # another probe, so a device made anew
    assert w.device("two")["state"] == "maintenance" and w.device("two")["maintenance_reason"] == "stays"
    more_checks(w, "one", 3)
    assert "probe_pid" not in w.device("two")
    reload(original.replace('name = "two";', 'name = "other";'))
    wait_until(lambda: "two: maintenance is over: it is not configured any more" in w.log(), 10, "its end is logged")
    reload(original)
    w.up()


def test_it_goes_on_after_a_restart_and_ends_while_hsmd_is_away(w):
    started(w, "one", "--no-probing", reason="outlives hsmd")
    started(w, "two", "--force", until="+2s")
    over = time.monotonic() + 2
    w.stop("SIGKILL")
    wait_until(lambda: time.monotonic() > over, 5, "the time of two is over")
    w.start()
    w.wait("one", lambda d: d["state"] == "maintenance", "it is in maintenance again")
    assert w.device("one")["maintenance_reason"] == "outlives hsmd" and "probe_pid" not in w.device("one")
    w.up("two")
    assert "its time was over while hsmd did not run" in w.log()
