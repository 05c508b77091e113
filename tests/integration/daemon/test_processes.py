"""Workers are replaced when they die or hang, hsmd's own standstill is nobody's fault, and a stop is quick."""
import os
import time

import pytest

from hsmdtest.demo import LONG
from hsmdtest.processes import command_line
from hsmdtest.waiting import wait_until

VERDICT = ("state", "state_since", "failures", "probe_restarts")


def verdicts(demo):
    return {n: [d[k] for k in VERDICT] for n, d in demo.devices().items()}


def worker(demo, verb):
    """The pid of hsmd-snmp VERB."""
    return next((pid for pid in demo.children(demo.hsmd_pid())
                 if command_line(pid)[:2] == [b"hsmd-snmp", verb.encode()]), None)


@pytest.mark.parametrize("how", ["SIGKILL", "SIGSTOP"])
@pytest.mark.parametrize("verb", ["serve", "poll"])
def test_snmp_worker_is_replaced_and_nobody_notices(demo, verb, how):
    before = verdicts(demo)
    restarts = demo.status()["fleet"][f"{verb}_restarts"]
    pid = wait_until(lambda: worker(demo, verb), 10, "the worker runs")
    demo.signal(pid, how)
    wait_until(lambda: worker(demo, verb) not in (None, pid), 20, "another runs")
    wait_until(lambda: demo.attempt("snmpget", demo.environment["HSMD_SNMP"], "HSMD-MIB::hsmdFleetName.0")[0] == 0, 20,
               "the MIB is served")
    wait_until(lambda: demo.device("bureau-1")["temperature_age_s"] <= 2, 20, "temperatures are fresh")
    assert demo.status()["fleet"][f"{verb}_restarts"] == restarts + 1
    assert not demo.exists(pid)
    assert verdicts(demo) == before


def test_boots_grow_with_each_process_and_the_engine_stays(demo):
    before = demo.status()["fleet"]
    demo.signal(worker(demo, "serve"), "SIGKILL")
    after = wait_until(lambda: (f := demo.status()["fleet"])["serve_engine_boots"] > before["serve_engine_boots"] and f, 20,
                       "it booted again")
    assert after["serve_engine_boots"] == before["serve_engine_boots"] + 1
    assert after["serve_engine_id"] == before["serve_engine_id"]


@pytest.mark.parametrize("all_of_it", [False, True])
def test_standstill_of_hsmd_is_nobodys_fault(demo, all_of_it):
    seconds = 30 if LONG else 5
    before = verdicts(demo)
    hsmd = demo.hsmd_pid()
    pids = [hsmd] + (demo.children(hsmd) if all_of_it else [])
    for pid in pids:
        demo.signal(pid, "SIGSTOP")
    stopped = time.monotonic()
    try:
        status, said = demo.attempt("hsmctl", "status")
        assert status == 4 and time.monotonic() - stopped < 4, said
        wait_until(lambda: time.monotonic() - stopped > seconds, seconds + 1, "it stood long enough")
    finally:
        for pid in pids:
            demo.signal(pid, "SIGCONT")
    wait_until(lambda: demo.attempt("snmpget", "-Oqv", demo.environment["HSMD_SNMP"], "HSMD-MIB::hsmdDeviceState.1")[1]
               .startswith("up"), 10, "SNMP says up again")
    probes = {n: d["probes"] for n, d in demo.devices().items()}
    wait_until(lambda: all(d["probes"] > probes[n] for n, d in demo.devices().items()), 30, "all are probed on")
    assert verdicts(demo) == before
    assert demo.status()["fleet"]["lateness_total_ms"] >= (seconds - 1) * 1000


def test_second_hsmd_on_the_same_state_is_refused(demo):
    status, said = demo.attempt(os.path.join(os.environ["HSMD_BIN"], "hsmd"), "--config", demo.path("hsmd.conf"), "--state",
                                demo.path("state"), "--runtime", demo.path("run"))
    assert status == 1
    assert "another hsmd runs" in said


def test_stop_is_quick_and_leaves_nothing(demo):
    hsmd = demo.hsmd_pid()
    pids = demo.children(hsmd)
    assert len(pids) >= 11
    began = time.monotonic()
    demo.signal(hsmd, "SIGTERM")
    wait_until(lambda: not demo.exists(hsmd), 10, "hsmd has ended")
    assert time.monotonic() - began < 2
    assert not any(demo.exists(p) for p in pids)
    demo.start_hsmd()
    wait_until(lambda: all(d["state"] == "up" for d in demo.devices().values()), 60, "all are up again")
