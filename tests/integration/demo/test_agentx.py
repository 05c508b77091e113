"""HSMD-MIB through an snmpd, as on a Debian host: what becomes of it, and of hsmd, when that snmpd fails."""
import os
import subprocess
import sys

import pytest

from hsmdtest.demo import ROOT, Demo
from hsmdtest.waiting import wait_until

sys.path.insert(0, os.path.join(ROOT, "tests", "fleet"))
from fleetlib import agents  # noqa: E402 (the path above comes first)


@pytest.fixture(name="demo", scope="module")
def fixture_demo():
    with Demo("--devices", "3", "--agent", "agentx") as demo:
        wait_until(lambda: all(d["state"] == "up" for d in demo.devices().values()), 60, "all are up")
        yield demo


def answers(demo):
    done = subprocess.run(["snmpget", "-r", "0", "-t", "0.5", "-Oqv", demo.environment["HSMD_SNMP"],
                           "HSMD-MIB::hsmdDeviceState.1"], env=demo.environment, capture_output=True, text=True, check=False)
    return done.returncode == 0 and done.stdout.strip() == "up"


def master(demo):
    with open(demo.path("snmp", "master", "snmpd.pid"), encoding="ascii") as file:
        return int(file.read())


def judged(demo):
    """What shows that hsmd goes on undisturbed: how often each machine was probed, and what must stay as it is."""
    devices = demo.devices().values()
    kept = [(d["state"], d["state_since"], d["failures"], d["checks_skipped"]) for d in devices]
    return min(d["probes"] for d in devices), kept


def probed_on(demo, probes):
    wait_until(lambda: judged(demo)[0] >= probes + 3, 30, "every machine is probed three times more")


def test_same_mib_through_snmpd(demo):
    wait_until(lambda: answers(demo), 30, "the MIB is registered")
    assert demo.snmp("hsmdDeviceName.2", "hsmdFleetDevices.0") == ["bureau-2", "3"]


def test_stopped_snmpd_delays_nothing_and_answers_within_5_s_of_its_return(demo):
    wait_until(lambda: answers(demo), 30, "the MIB is registered")
    probes, kept = judged(demo)
    demo.signal(master(demo), "SIGSTOP")
    try:
        assert not answers(demo)
        probed_on(demo, probes + 2)  # five checks: ten seconds
    finally:
        demo.signal(master(demo), "SIGCONT")
    wait_until(lambda: answers(demo), 5, "the MIB answers again")
    assert judged(demo)[1] == kept


def test_killed_snmpd_delays_nothing_and_answers_within_5_s_of_its_return(demo):
    wait_until(lambda: answers(demo), 30, "the MIB is registered")
    probes, kept = judged(demo)
    demo.signal(master(demo), "SIGKILL")
    probed_on(demo, probes)
    directory = demo.path("snmp", "master")
    process = agents.spawn(os.path.join(os.environ["HSMD_EXTRACTED"], "usr/sbin/snmpd"), directory,
                           os.path.join(directory, "snmpd.conf"), None)
    try:
        wait_until(lambda: answers(demo), 5, "the MIB answers again")
        assert judged(demo)[1] == kept
    finally:
        process.kill()
        process.wait()
