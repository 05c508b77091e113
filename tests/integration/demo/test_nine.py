"""The main job: nine machines, hsmd, and what an engineer and an NMS see of them while faults come and go."""
import datetime
import json
import os
import subprocess

import pytest

from hsmdtest.demo import LONG, Demo
from hsmdtest.processes import descendants, state
from hsmdtest.waiting import wait_until

COUNTED_OTHERS = ("checks_skipped", "failures", "probe_restarts")


@pytest.fixture(name="nine", scope="module")
def fixture_nine():
    with Demo() as demo:
        yield demo


@pytest.fixture(name="demo")
def fixture_demo(nine):
    """The nine, all up; what a test did to them is taken back."""
    all_up(nine)
    yield nine
    for name in nine.devices():
        nine.fleet("clear", name)


def all_up(demo):
    def up():
        wrong = {n: (d["state"], d.get("reason")) for n, d in demo.devices().items() if d["state"] != "up"}
        return not wrong

    wait_until(up, 60, "all nine are up")


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def now():
    return datetime.datetime.now(datetime.timezone.utc).timestamp()


def bound_seconds(demo):
    return demo.status()["fleet"]["detection_bound_ms"] / 1000


def others(demo, name):
    """What must not move on the other machines."""
    return {n: [d[key] for key in COUNTED_OTHERS] for n, d in demo.devices().items() if n != name}


def test_nine_devices_are_up_within_10_s_of_start(nine):
    all_up(nine)
    with open(nine.path("hsmd.started"), encoding="ascii") as file:
        started = float(file.read())
    times = {n: instant(d["state_since"]) - started for n, d in nine.devices().items()}
    assert len(times) == 9
    assert max(times.values()) <= 10, times


def test_bound_is_that_of_the_configuration(demo):
    # 2 s + 0.2 s + 2 * 3 s + (0.5 s + 1 s)
    assert demo.status()["fleet"]["detection_bound_ms"] == 9700
    assert demo.snmp("hsmdFleetDetectionBound.0") == ["9700"]


def test_walk_shows_every_machine_and_no_invalid_value(demo):
    walked = demo.run("snmpwalk", "-Oq", demo.environment["HSMD_SNMP"], "HSMD-MIB::hsmdDeviceTable")
    names = [line.split()[1].strip('"') for line in walked.splitlines() if "hsmdDeviceName." in line]
    assert names == list(demo.devices())
    # A fact whose source does not exist is not there at all.
    assert "MaintenanceUntil" not in walked


def test_unplugged_machine_is_down_within_the_bound_and_back_after_clear(demo):
    before, bound = others(demo, "bureau-3"), bound_seconds(demo)
    at = now()
    demo.fleet("fault", "bureau-3", "unplug")
    device = demo.wait_state("bureau-3", "down", seconds=bound + 10)
    assert instant(device["state_since"]) - at <= bound
    # First the call that met the broken connection, then fresh clients that cannot connect.
    assert device["failed_step"] in ("sign", "random", "initialize")
    shown = demo.snmp("hsmdDeviceState.3", "hsmdDeviceFailedStep.3", "hsmdDeviceLastReturn.3")
    # Read one after the other: a later attempt may fail at another step (a fresh probe does not even initialize).
    wait_until(lambda: demo.snmp("hsmdDeviceState.3", "hsmdDeviceFailedStep.3") ==
               [demo.device("bureau-3")[k] for k in ("state", "failed_step")], 10, f"SNMP ({shown}) says what hsmctl says")
    assert demo.pool("bureau")["serving"] == 6
    assert others(demo, "bureau-3") == before
    demo.fleet("clear", "bureau-3")
    demo.wait_state("bureau-3", "up")
    assert demo.snmp("hsmdDeviceState.3", "hsmdDeviceFailedStep.3")[0] == "up"
    assert demo.pool("bureau")["serving"] == 7


def test_heat_shows_the_right_tenths_and_degrades(demo):
    demo.fleet("fault", "bureau-4", "heat", "81.5")
    device = demo.wait_state("bureau-4", "degraded", "hot")
    assert device["temperature_c"] == 81.5
    assert demo.snmp("hsmdDeviceTemperature.4") in (["815"], ["81.5"])
    assert demo.snmp("hsmdDeviceReason.4") == ["hot"]
    assert demo.pool("bureau")["serving"] == 7
    demo.fleet("clear", "bureau-4")
    assert demo.wait_state("bureau-4", "up")["temperature_c"] == 41.5


def test_silent_agent_is_a_lost_sensor_and_not_a_lost_machine(demo):
    before = demo.device("portal-1")
    demo.fleet("fault", "portal-1", "silence")
    device = demo.wait_state("portal-1", "degraded", "sensor_lost")
    assert device["agent_state"] == "silent"
    assert device["temperature_status"] == "unavailable"
    wait_until(lambda: demo.device("portal-1")["probes"] >= device["probes"] + 2, 30, "it is probed on")
    device = demo.device("portal-1")
    assert (device["state"], device["failures"]) == ("degraded", before["failures"])
    assert demo.pool("portal")["serving"] == 2
    demo.fleet("clear", "portal-1")
    demo.wait_state("portal-1", "up")


@pytest.mark.parametrize("key", ["hsmd-probe", "licence"])
def test_one_lost_key_degrades(demo, key):
    demo.fleet("fault", "bureau-5", "lose-key", key)
    demo.wait_state("bureau-5", "degraded", "key_missing")
    demo.fleet("clear", "bureau-5")
    demo.wait_state("bureau-5", "up")


def test_all_keys_lost_is_down_at_find(demo):
    demo.fleet("fault", "bureau-5", "missing-key")
    assert demo.wait_state("bureau-5", "down")["failed_step"] == "find"
    demo.fleet("clear", "bureau-5")
    demo.wait_state("bureau-5", "up")


def just_checked(demo, name):
    """The device right after a check, with most of an interval of quiet before the next."""
    first = demo.device(name)["probes"]
    return wait_until(lambda: (d := demo.device(name))["probes"] > first and d, 30, f"{name} is checked")


@pytest.mark.parametrize("how", ["SIGKILL", "SIGSTOP"])
def test_lost_probe_is_replaced_and_delays_nobody(demo, how):
    before = others(demo, "bureau-6")
    device = just_checked(demo, "bureau-6")
    demo.signal(device["probe_pid"], how)
    after = wait_until(lambda: (d := demo.device("bureau-6")).get("probe_pid", 0) not in (0, device["probe_pid"]) and d, 30,
                       "another probe runs")
    wait_until(lambda: demo.device("bureau-6")["probes"] > after["probes"], 30, "the new probe's evidence is in")
    after = demo.device("bureau-6")
    assert after["state"] == "up"
    assert after["probe_restarts"] == device["probe_restarts"] + 1
    assert after["failures"] == device["failures"], "it died between calls: not the machine's fault"
    assert others(demo, "bureau-6") == before
    assert state(device["probe_pid"]) is None


def kept_by_a_stop(demo):
    keys = ("state", "state_since", "failures", "probe_restarts")
    return {name: [d[key] for key in keys] for name, d in demo.devices().items()}


@pytest.mark.parametrize("workers_too", [False, True], ids=["alone", "with_its_workers"])
def test_stopped_hsmd_changes_no_verdict(demo, workers_too):
    seconds = 30 if LONG else 6
    before, hsmd = kept_by_a_stop(demo), demo.hsmd_pid()
    pids = [hsmd] + ([pid for pid, _ in descendants(hsmd)] if workers_too else [])
    for pid in pids:
        demo.signal(pid, "SIGSTOP")
    stopped = now()
    try:
        if not workers_too:
            wait_until(lambda: demo.snmp("hsmdDeviceState.1") == ["unknown"], 5, "SNMP says unknown")
        wait_until(lambda: now() - stopped >= seconds, seconds + 1, "hsmd stood long enough")
    finally:
        for pid in pids:
            demo.signal(pid, "SIGCONT")
    wait_until(lambda: demo.snmp("hsmdDeviceState.1") == ["up"], 5, "SNMP says up again")
    probes = demo.device("bureau-1")["probes"]
    wait_until(lambda: demo.device("bureau-1")["probes"] >= probes + 2, 30, "it is probed on")
    assert kept_by_a_stop(demo) == before


def test_environment_file_serves_another_terminal(demo):
    command = f'. {demo.path("environment")}; fleet list >/dev/null && hsmctl status --json=short && ' \
              "snmpget -Oqv $HSMD_SNMP HSMD-MIB::hsmdFleetDevices.0"
    done = subprocess.run(["env", "-i", "PATH=/usr/bin:/bin", "sh", "-c", command], capture_output=True, text=True,
                          check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "9"), done.stderr


def test_status_is_for_people_and_programs(demo):
    table = demo.run("hsmctl", "status")
    assert all(name in table for name in demo.devices())
    assert "\x1b" not in table
    assert demo.status()["fleet"]["devices"] == 9
    assert os.path.basename(demo.run("sh", "-c", "command -v fleet").strip()) == "fleet"


def matrix(demo, key):
    """What becomes of a key over each pool (by number)."""
    keys = json.loads(demo.run("hsmctl", "keys", "--json=short"))
    return {k["pool"]: k["state"] for k in keys["pool_keys"] if k["label"] == key}


def test_vendors_of_one_pool_sign_with_one_key(demo):
    assert {demo.device(f"bureau-{n}")["manufacturer"].split()[0] for n in (1, 5)} == {"sansec", "tass"}
    assert matrix(demo, "hsmd-probe") == {1: "identical", 2: "identical"}


def test_wrong_signatures_of_every_vendor_are_critical_at_once(demo):
    names = ("bureau-2", "bureau-6", "portal-1", "portal-2")
    for name in names:
        demo.fleet("fault", name, "wrong-signature")
    for name in names:
        assert demo.wait_state(name, "down")["failed_step"] == "verify"
        assert demo.snmp(f"hsmdDeviceReason.{demo.device(name)['number']}") == ["wrong_signature"]
    assert (demo.pool("bureau")["serving"], demo.pool("portal")["serving"]) == (5, 0)
    for name in names:
        demo.fleet("clear", name)
        demo.wait_state(name, "up")


def test_another_key_under_the_label_is_found_out_in_the_matrix(demo):
    demo.fleet("fault", "bureau-7", "other-key", "licence")
    wait_until(lambda: matrix(demo, "licence")[1] == "different", 30, "the matrix says that they differ")
    demo.wait_state("bureau-7", "degraded", "key_mismatch")
    demo.fleet("clear", "bureau-7")
    demo.wait_state("bureau-7", "up")
