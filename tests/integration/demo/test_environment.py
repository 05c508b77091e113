"""Machines and rooms of the demo when their environment goes wrong: what is said, by whom, and how early."""
import json

import pytest

from hsmdtest.demo import Demo
from hsmdtest.waiting import wait_until

SERVING = ("up", "degraded")


@pytest.fixture(name="demo", scope="module")
def fixture_demo():
    with Demo() as demo:
        yield demo


class Seen:
    """What hsmctl says of sensors at one moment."""

    def __init__(self, demo):
        told = json.loads(demo.run("hsmctl", "sensors", "--json=short"))
        self.devices = {d["name"]: d for d in told["devices"]}
        self.sites = {s["name"]: s for s in told["sites"]}

    def sensor(self, owner, name):
        """One sensor of a device or site; without a value nothing stands there."""
        row = {**self.devices, **self.sites}[owner]
        return next(s for s in row["sensors"] if s["name"] == name)

    def celsius(self, owner):
        return self.sensor(owner, "temperature")["value"] / 10

    def reasons(self, pool="bureau"):
        return {d["reason"] for d in self.devices.values() if d["pool_name"] == pool}


def see(demo, condition, seconds, what):
    """Looks until the condition holds of what is seen; meanwhile no machine may be anything but serving."""
    last = []

    def there():
        last[:] = [Seen(demo)]
        states = {n: (d["state"], d.get("reason"), d.get("detail")) for n, d in last[0].devices.items()}
        assert all(state in SERVING for state, _, _ in states.values()), states
        return condition(last[0])

    try:
        wait_until(there, seconds, what)
    except AssertionError as error:
        shown = {n: (r.get("reason"), r.get("detail")) for n, r in {**last[0].sites, **last[0].devices}.items()}
        raise AssertionError(f"{error}; {shown}") from None
    return last[0]


def all_well(demo):
    """Nothing is wrong, and what is told of every machine and of the room that tells anything is fresh."""
    seen = Seen(demo)
    room = seen.sites["bureau-room"]
    told = [room.get("temperature_status")] + [d.get("temperature_status") for d in seen.devices.values()]
    return set(told) == {"ok"} and {d["state"] for d in seen.devices.values()} == {"up"} and room["reason"] == "none"


@pytest.fixture(name="well")
def fixture_well(demo):
    """The demo with nothing wrong; what a test does to it is taken back."""
    wait_until(lambda: all_well(demo), 90, "all is well")
    yield demo
    for name in ("bureau-2", "bureau-room"):
        demo.fleet("clear", name)


def test_rooms_are_monitored_where_somebody_measures(well):
    seen = Seen(well)
    measured, unmeasured = seen.sites["bureau-room"], seen.sites["portal-room"]
    assert (measured["monitored"], measured["temperature_c"], measured["agents_ok"]) == (True, 22.0, 1)
    assert (unmeasured["monitored"], unmeasured["sensors"], "temperature_c" in unmeasured) == (False, [], False)
    assert [seen.sensor("bureau-room", name)["word"] for name in ("probe/water", "probe/source")] == ["dry", "normal"]
    names = {s["name"] for s in seen.devices["portal-1"]["sensors"]}
    assert {"temperature", "fan.fan 1", "fan-state.fan 2", "psu.psu 1", "operations", "load", "uptime"} <= names


def test_sessions_that_run_short_are_told_before_none_is_left(well):
    well.fleet("fault", "bureau-2", "sessions-used", "60")
    seen = see(well, lambda s: s.devices["bureau-2"]["reason"] == "sessions_near_limit", 20, "sessions run short")
    assert seen.sensor("bureau-2", "sessions-used")["level"] == "critical"


def test_ups_on_battery_is_the_rooms_and_no_machines(well):
    well.fleet("fault", "bureau-room", "ups")
    seen = see(well, lambda s: s.sites["bureau-room"]["reason"] == "power_failed", 20, "the room is on battery")
    assert seen.sensor("bureau-room", "probe/source")["word"] == "battery"
    assert all(d["state"] == "up" for d in seen.devices.values())


def test_rooms_agent_that_falls_silent_costs_only_what_it_told(well):
    well.fleet("fault", "bureau-room", "silence")
    seen = see(well, lambda s: s.sites["bureau-room"]["reason"] == "sensor_lost", 20, "the room's sensors are lost")
    assert seen.sites["bureau-room"]["agents_ok"] == 0
    assert seen.sensor("bureau-room", "probe/temperature")["reason"] == "silent"
    assert all(d["state"] == "up" for d in seen.devices.values())


def test_warm_room_is_one_thing_and_not_seven(well):
    well.fleet("fault", "bureau-room", "room", "42")
    seen = see(well, lambda s: s.reasons() == {"room_warm"} and s.sites["bureau-room"]["devices_warm"] == 7, 60,
               "the room is what warms all seven")
    assert seen.sites["bureau-room"]["reason"] == "room_warm"
    assert seen.sites["portal-room"]["reason"] == "none" and seen.reasons("portal") == {"none"}
    assert max(seen.celsius(f"bureau-{n}") for n in range(1, 8)) < 65, "told before any of them is hot"


def test_limit_that_a_machine_without_a_fan_will_reach_is_foretold(well):
    well.fleet("fault", "bureau-2", "fan")
    seen = see(well, lambda s: s.sensor("bureau-2", "temperature")["finding"] != "none", 40, "its temperature is news")
    temperature = seen.sensor("bureau-2", "temperature")
    assert seen.celsius("bureau-2") < 65, "foretold, not reached"
    assert (temperature["finding"], temperature["level"]) == ("rising", "normal")
    assert 0 < temperature["limit_in_ms"] < 30 * 60 * 1000 and temperature["rise_per_h"] > 0
    # the cause is told before what it brings about
    device = see(well, lambda s: s.devices["bureau-2"]["reason"] == "fan_failed", 10, "a fan failed").devices["bureau-2"]
    assert (device["state"], well.pool("bureau")["serving"]) == ("degraded", 7)
    assert {n for n, d in seen.devices.items() if d["state"] != "up"} == {"bureau-2"}


# What these leave behind is told for ten minutes, so they come last.


def test_cloned_agents_are_named_and_both_read_on(demo):
    demo.fleet("fault", "bureau-2", "snmp-clone", "bureau-1")
    device = demo.wait_state("bureau-2", "degraded", "duplicate_engine_id")
    assert "bureau-1" in device["detail"]
    assert Seen(demo).sensor("bureau-2", "temperature")["age_s"] < 10


def test_machine_that_rebooted_is_said_to_have(demo):
    booted = demo.device("portal-1")["booted"]
    demo.fleet("fault", "portal-1", "reboot")
    assert demo.wait_state("portal-1", "degraded", "rebooted")["booted"] > booted


def test_agent_that_was_restarted_is_told_apart_from_a_machine_that_rebooted(demo):
    operations = Seen(demo).sensor("portal-2", "operations")["value"]
    demo.fleet("fault", "portal-2", "snmp-restart")
    device = demo.wait_state("portal-2", "degraded", "agent_restarted")
    assert "began anew" in device["detail"]
    assert Seen(demo).sensor("portal-2", "operations")["value"] <= operations + 5, "no rate out of nothing"
