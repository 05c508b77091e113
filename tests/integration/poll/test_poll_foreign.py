"""An agent that is not net-snmp's: snmpsim, which answers with what is written down in recordings/ after real machines, asked for
what the shipped profiles say."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import poll_profiles
import pytest
from hsmdtest.waiting import wait_until
from poll_machines import PATIENCE, free_port

RECORDINGS = pathlib.Path(__file__).resolve().parent / "recordings"
MACHINE = "1.3.6.1.4.1.8072.9999.9999.159"  # of cipher-machine.snmprec


class Simulator:
    """Serves each recording: over v2c by the community of its name, over v3 the one that is named."""

    def __init__(self, directory, v3="entity-appliance"):
        self.directory, self.port = directory, free_port()
        data = directory / "data"
        shutil.copytree(RECORDINGS, data)
        # where a request names no context it looks for a file named after the transport: udp, first endpoint
        shutil.copy(data / f"{v3}.snmprec", data / "1.3.6.1.6.1.1.0.snmprec")
        (directory / "cache").mkdir()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        arguments = ["snmpsimd", f"--data-dir={self.directory}/data", f"--cache-dir={self.directory}/cache",
                     f"--agent-udpv4-endpoint={self.address}",
                     "--v3-user=hsmd", "--v3-auth-key=auth-secret", "--v3-auth-proto=SHA256", "--v3-priv-key=priv-secret",
                     "--v3-priv-proto=AES"]
        if os.geteuid() == 0:  # it refuses to stay root
            shutil.chown(self.directory / "cache", "nobody", "nogroup")
            arguments += ["--process-user=nobody", "--process-group=nogroup"]
        log = self.directory / "log"
        with log.open("wb") as out:
            self.process = subprocess.Popen(arguments, stdout=out, stderr=out)
        wait_until(lambda: self.process.poll() is not None or "Listening at" in log.read_text(errors="replace"), PATIENCE,
                   "snmpsimd is running")
        assert self.process.poll() is None, f"snmpsimd ended: {log.read_text(errors='replace')}"

    def stop(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def simulator():
    # not pytest's own: nobody, too, has to get there
    with tempfile.TemporaryDirectory(prefix="hsmd-snmpsim-") as directory:
        os.chmod(directory, 0o755)
        s = Simulator(pathlib.Path(directory))
        s.start()
        yield s
        s.stop()


def polled(poll, simulator, recording, items, version="v2c", **keys):
    """The samples of the second poll (of which the first has told what stays the same): of each item, by label or index."""
    poll.agent(1, simulator.address, version=version, items=items, timeout_ms=5000, community=recording, **keys)
    poll.start()
    state = poll.wait_polls(1, 2)[1]
    assert (state["state"], state["detail"]) == ("ok", "")
    found = {}
    for sample in poll.samples_of(state):
        found.setdefault(sample["item"], {})[sample["label"] or sample["index"]] = sample
    return found, state


def values(samples):
    """{label or index: value, or the reason why there is none}"""
    return {key: round(s["value"], 6) if s["status"] == "ok" else s["reason"] for key, s in samples.items()}


def counters(samples):
    return {key: (s["counter"], s["counter_bits"]) for key, s in samples.items()}


APPLIANCE = {
    "Inlet Temp": ("celsius", 23.5), "CPU1 Temp": ("celsius", 48.5), "Fan 1 Front": ("rpm", 8400),
    "Fan 2 Front": ("rpm", "nonoperational"), "PSU1 Vin": ("volts_ac", 230.4), "PSU1 Pin": ("watts", 214),
    "PSU2 Vin": ("volts_ac", "nonoperational"), "12V Rail": ("volts_dc", 12.096), "Fan Tray Present": ("truthvalue", 1),
    "Uplink Rx Power": ("dbm", -3.42), "5V Current": ("amperes", 1.25), "Outlet Humidity": ("percent_rh", 41),
}


@pytest.mark.parametrize("version", ["v1", "v2c", "v3"])
def test_entity_sensors_have_the_type_scale_precision_and_status_that_the_table_tells(poll, simulator, version):
    items, number = poll_profiles.items("entity-sensor")
    found, state = polled(poll, simulator, "entity-appliance", items, version)
    samples = found[number["sensor"]]
    told = values(samples)
    assert {label: (samples[label]["type"], told[label]) for label in samples} == APPLIANCE
    assert state["uptime"] == 86_400_000_000
    assert samples["Inlet Temp"]["index"] == "1001"
    assert samples["Uplink Rx Power"]["precision"] == 2
    assert samples["PSU2 Vin"]["status"] == "unavailable", "the table says unavailable(2), not nonoperational(3)"


def test_ups_is_read_as_the_standard_has_it(poll, simulator):
    items, number = poll_profiles.items("ups")
    found, _ = polled(poll, simulator, "ups", items)
    assert {name: values(found[n]) for name, n in number.items()} == {
        "battery": {"": 2}, "source": {"": 3}, "on-battery": {"": 0}, "alarms": {"": 0}, "remaining": {"0": 47},
        "charge": {"0": 100}, "battery-voltage": {"0": 54.6}, "battery-temperature": {"0": 24},
        "input-frequency": {"1": 50, "2": 50, "3": 50}, "input-voltage": {"1": 229, "2": 231, "3": 230},
        "output-voltage": {"1": 230}, "output-power": {"1": 1480}, "output-load": {"1": 37}}


def test_linux_machine_is_read_through_four_profiles_at_once(poll, simulator):
    items, number = poll_profiles.items("lm-sensors", "host-resources", "ucd-snmp", "interfaces")
    found, _ = polled(poll, simulator, "linux-machine", items)
    told = {name: values(found.get(n, {})) for name, n in number.items()}
    assert told["temp"] == {"Package id 0": 45, "Core 0": 43, "Core 1": 45, "Board": 31.5}
    assert told["fan"] == {"fan1": 1180, "fan2": 0}
    assert (told["volt"]["Vcore"], told["volt"]["+12V"]) == (1.104, 12.096)
    assert told["uptime"] == {"": 9876543.21}
    assert told["storage"]["/"] == 42
    assert told["storage"]["/var/log"] == 98
    assert told["storage"]["/mnt/empty"] == "nonoperational", "no percentage of nothing"
    assert told["memory"]["Physical memory"] == 75
    assert told["load-average"] == {"Load-1": 0.42, "Load-5": 0.31, "Load-15": 0.25}
    assert told["memory-available"] == {"0": 70}
    assert told["memory-free"] == {"0": 25}
    assert told["link"] == {"lo": 1, "eno1": 1, "eno2": 2}
    assert counters(found[number["in"]])["eno1"] == (123456789012, 64)
    assert counters(found[number["in-errors"]])["eno2"] == (3, 32)


def test_rows_of_one_name_are_told_apart_by_their_index(poll, simulator):
    items, number = poll_profiles.items("host-resources")
    polled(poll, simulator, "linux-machine", items)
    loads = [s for s in poll.samples(1, number["load"]) if s["poll"] == 2]
    assert {s["index"]: s["value"] for s in loads} == {"196608": 12, "196609": 37}
    assert {s["label"] for s in loads} == {"A processor of some make"}


def test_cipher_machine_of_some_vendor_is_read_by_its_own_profile(poll, simulator):
    sensors = poll_profiles.sensors_of(f"""sensors = (
        {{ name = "temperature"; oid = "{MACHINE}.1.1.0"; type = "celsius"; min = -55; max = 150; }},
        {{ name = "state"; oid = "{MACHINE}.1.2.0"; states = ( {{ value = 2; name = "ready"; }} ); }},
        {{ name = "operations"; oid = "{MACHINE}.1.3.0"; kind = "counter"; }},
        {{ name = "errors"; oid = "{MACHINE}.1.4.0"; kind = "counter"; }},
        {{ name = "sessions"; oid = "{MACHINE}.1.5.0"; max = 16; }},
        {{ name = "power"; oid = "{MACHINE}.1.6.0"; type = "watts"; }},
        {{ name = "words"; oid = "{MACHINE}.1.7.0"; }},
        {{ name = "gone"; oid = "{MACHINE}.1.99.0"; }},
        {{ name = "unit"; walk = "{MACHINE}.2.1.3"; label_column = "{MACHINE}.2.1.2"; states = ( {{ value = 1; name = "ok"; }} ); }},
        {{ name = "unit-operations"; walk = "{MACHINE}.2.1.4"; label_column = "{MACHINE}.2.1.2"; kind = "counter"; }}
    );""")
    number = {sensor["name"]: n for n, sensor in enumerate(sensors, 1)}
    found, _ = polled(poll, simulator, "cipher-machine", {n: poll_profiles.item(s) for n, s in enumerate(sensors, 1)})
    told = {name: values(found.get(n, {})) for name, n in number.items()}
    assert told["temperature"] == {"": 41.5}, "a number with its unit, in text"
    assert told["state"] == {"": 2}
    assert counters(found[number["operations"]]) == {"": (2**64 - 1, 64)}
    assert counters(found[number["errors"]]) == {"": (4294967290, 32)}
    assert told["sessions"] == {"": "out_of_range"}
    assert told["power"] == {"": 42}
    assert told["words"] == {"": "wrong_type"}
    assert told["gone"] in ({}, {"": "nonoperational"})
    assert told["unit"] == {"unit A": 1, "unit B": 3}
    assert found[number["unit"]]["unit B"]["index"] == "1.2"
    assert counters(found[number["unit-operations"]]) == {"unit A": (1000, 32), "unit B": (2000, 32)}
