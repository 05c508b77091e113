"""Sensors that come, go and are renumbered, agents that begin anew, a reload: what stays the sensor that it was."""
import contextlib
import json
import os
import sys

import pytest

from hsmdtest.demo import ROOT
from hsmdtest.waiting import wait_until

sys.path.insert(0, os.path.join(ROOT, "tests", "fleet"))

from fleetlib import sensors as served  # noqa: E402

MACHINES = "softhsm"  # whose agents serve what stands in a file of theirs
NAME = "bureau-1"
FANS = f"{served.MACHINE}.2.1"


@pytest.fixture(name="rows")
def fixture_rows(demo):
    """What the machine's agent serves; put back afterwards."""
    path = demo.path("devices", NAME, "sensors")
    yield Rows(path)
    Rows(path).save()
    demo.wait_state(NAME, "up")


class Rows:
    """What the agent serves: a machine at rest, changed as a test says. The fans of a test stay, or they would be missed."""

    def __init__(self, path):
        self.path = path

    def save(self, change=lambda rows: None):
        rows = at_rest()
        change(rows)
        served.save(self.path, rows)


def at_rest():
    rows = served.at_rest(41.5)
    fan(rows, 9, "fan 9", 5000)
    return rows


def fan(rows, index, label, rpm=4800, state=1):
    rows.update({f"{FANS}.2.{index}": ("string", label), f"{FANS}.3.{index}": ("gauge", rpm),
                 f"{FANS}.4.{index}": ("integer", state)})


def no_fan(rows, index):
    for column in (2, 3, 4):
        del rows[f"{FANS}.{column}.{index}"]


@contextlib.contextmanager
def profile(demo, old, new):
    """The machines' sensor profile with something else in it, reloaded, and put back."""
    path = demo.path("sensors", "vhsm.conf")
    with open(path, encoding="utf-8") as file:
        before = file.read()
    assert old in before
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(before.replace(old, new))
        demo.run("hsmctl", "reload")
        yield
    finally:
        with open(path, "w", encoding="utf-8") as file:
            file.write(before)
        demo.run("hsmctl", "reload")


def told(demo):
    devices = json.loads(demo.run("hsmctl", "sensors", NAME, "--json=short"))["devices"]
    return {s["name"]: s for s in devices[0]["sensors"]}


def wait_sensor(demo, name, condition, what):
    return wait_until(lambda: (s := told(demo).get(name)) and condition(s) and s, 30, what)


def test_found_sensor_has_a_row_without_a_restart_and_a_number_for_life(demo, rows):
    boots = demo.status()["fleet"]["serve_engine_boots"]
    rows.save()
    number = wait_sensor(demo, "fan.fan 9", lambda s: s["value"] == 5000, "another fan is found")["number"]
    assert number >= 1000
    wait_until(lambda: demo.snmp(f"hsmdSensorName.1.{number}") == ["fan.fan 9"], 10, "the NMS sees it")
    assert demo.status()["fleet"]["serve_engine_boots"] == boots
    # the machine boots and counts its fans in another order
    rows.save(lambda r: (no_fan(r, 9), no_fan(r, 1), fan(r, 7, "fan 9", 5100), fan(r, 8, "fan 1")))
    assert wait_sensor(demo, "fan.fan 9", lambda s: s["value"] == 5100, "it is read on")["number"] == number
    assert told(demo)["fan.fan 1"]["status"] == "ok"
    demo.restart_hsmd("SIGTERM")
    assert wait_sensor(demo, "fan.fan 9", lambda s: s.get("value") == 5100, "it is found again")["number"] == number


def test_fan_that_is_gone_is_missed_keeps_its_last_value_and_can_be_given_up(demo, rows):
    rows.save(lambda r: no_fan(r, 3))
    gone = wait_sensor(demo, "fan.fan 3", lambda s: s["status"] == "nonoperational", "the fan is missed")
    assert (gone["value"], gone["reason"]) == (4800, "nonoperational")
    assert "fan 3" in demo.wait_state(NAME, "degraded", "sensor_lost")["detail"]
    with profile(demo, 'meaning = "fan";', 'meaning = "fan"; except = [ "fan 3" ];'):
        demo.wait_state(NAME, "up")
        assert "fan.fan 3" not in told(demo) and "fan-state.fan 3" not in told(demo)


def test_stranger_states_are_shown_and_failed_ones_are_told(demo, rows):
    rows.save(lambda r: (fan(r, 1, "fan 1", state=2), fan(r, 2, "fan 2", state=77)))
    demo.wait_state(NAME, "degraded", "fan_failed")
    seen = told(demo)
    assert (seen["fan-state.fan 1"]["word"], seen["fan-state.fan 1"]["level"]) == ("failed", "critical")
    assert (seen["fan-state.fan 2"]["value"], seen["fan-state.fan 2"]["level"]) == (77, "normal")


def test_limits_are_reloaded_and_what_is_known_stays(demo, rows):
    rows.save(lambda r: r.update({served.TEMPERATURE: ("integer", 460)}))
    wait_sensor(demo, "temperature", lambda s: s["value"] == 460, "it is warmer than the others")
    number = told(demo)["fan.fan 2"]["number"]
    with profile(demo, "high_warning = 65", "high_warning = 45"):
        seen = told(demo)
        assert (seen["temperature"]["value"], seen["fan.fan 2"]["value"]) == (460, 4800)
        assert seen["fan.fan 2"]["number"] == number
        assert "warning at 45.0" in demo.wait_state(NAME, "degraded", "hot")["detail"]
    demo.wait_state(NAME, "up")


def test_counter_that_begins_anew_has_no_rate_once_and_raises_no_alarm(demo, rows):
    def counted(n):
        return lambda r: r.update({f"{served.MACHINE}.4.1.0": ("counter64", n)})

    rows.save(counted(100000))
    wait_sensor(demo, "operations", lambda s: s["value"] > 0, "it has counted")
    rows.save(counted(5))
    wait_sensor(demo, "operations", lambda s: s["value"] == 0, "it counts on from 5")
    assert demo.device(NAME)["state"] == "up"


def test_numbers_that_cannot_be_read_are_set_aside_and_told(demo, rows):
    path = demo.path("state", "sensors", f"device-{NAME}")
    number = told(demo)["fan.fan 2"]["number"]
    demo.signal(demo.hsmd_pid(), "SIGTERM")
    wait_until(lambda: not demo.exists(demo.hsmd_pid()), 20, "hsmd has ended")
    with open(path, "w", encoding="ascii") as file:
        file.write("garbage\n")
    demo.start_hsmd()
    again = wait_sensor(demo, "fan.fan 2", lambda s: s.get("value") == 4800, "the fan is found again")["number"]
    assert again > number, "a number that may have been another's is not used again"
    assert os.path.exists(path + ".unreadable")
    with open(demo.path("hsmd.log"), encoding="utf-8") as file:
        assert f"device-{NAME}" in file.read()
