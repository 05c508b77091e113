"""The shipped profiles against a real snmpd: its own modules, and tables that it serves for others."""
import pathlib

import poll_profiles
import pytest
from test_poll_foreign import APPLIANCE, values

RECORDINGS = pathlib.Path(__file__).parent / "recordings"
KINDS = {"2": "integer", "4": "string", "65": "counter", "66": "gauge", "67": "timeticks", "70": "counter64"}


def recorded(name, *trees):
    """The rows of a recording below these trees, as a machine serves them."""
    for line in (RECORDINGS / f"{name}.snmprec").read_text(encoding="utf-8").splitlines():
        oid, tag, value = line.split("|", 2)
        if any(oid.startswith(f"{tree}.") for tree in trees) and tag in KINDS:
            yield oid, KINDS[tag], value


def told(poll, machine, *profiles):
    """What the second poll tells by these profiles: of each sensor, by label or index, its values."""
    items, number = poll_profiles.items(*profiles)
    poll.agent(1, machine.address, items=items, timeout_ms=5000)
    poll.start()
    state = poll.wait_polls(1, 2)[1]
    assert (state["state"], state["detail"]) == ("ok", "")
    found = {}
    for sample in poll.samples_of(state):
        found.setdefault(sample["item"], {})[sample["label"] or sample["index"]] = sample
    return {name: values(found.get(n, {})) for name, n in number.items()}


def test_host_resources_ucd_and_interfaces_are_read_of_snmpd_itself(poll, machine):
    seen = told(poll, machine(), "host-resources", "ucd-snmp", "interfaces")
    assert seen["uptime"][""] > 0
    assert 0 <= seen["storage"]["/"] < 100
    assert 0 < seen["memory"]["Physical memory"] < 100
    assert set(seen["load-average"]) == {"Load-1", "Load-5", "Load-15"}
    assert all(load >= 0 for load in seen["load-average"].values())
    assert 0 < seen["memory-available"]["0"] <= 100
    assert seen["link"]["lo"] == 1


@pytest.mark.parametrize("recording, trees, profile, expected", [
    ("entity-appliance", ("1.3.6.1.2.1.47", "1.3.6.1.2.1.99"), "entity-sensor",
     {"sensor": {label: value for label, (_, value) in APPLIANCE.items()}}),
    ("ups", ("1.3.6.1.2.1.33",), "ups",
     {"battery": {"": 2}, "source": {"": 3}, "charge": {"0": 100}, "battery-voltage": {"0": 54.6},
      "input-voltage": {"1": 229, "2": 231, "3": 230}, "output-load": {"1": 37}}),
    ("linux-machine", ("1.3.6.1.4.1.2021.13.16",), "lm-sensors",
     {"temp": {"Package id 0": 45, "Core 0": 43, "Core 1": 45, "Board": 31.5}, "fan": {"fan1": 1180, "fan2": 0}}),
])
def test_profile_reads_its_mib_of_a_real_agent(poll, machine, recording, trees, profile, expected):
    first, *others = trees
    m = machine(start=False, root=first, table=recorded(recording, *trees))
    m.lines += [f"pass_persist .{tree} {m.directory}/server {m.directory}/table" for tree in others]
    m.without.append("lmsensorsMib")  # of this host, which has none
    m.start()
    seen = told(poll, m, profile)
    assert {name: seen[name] for name in expected} == expected
