"""What is on the wire is what HSMD-MIB says: which objects, in which order, in which octets."""

import re
import signal
import subprocess

import pytest
from notify_receivers import TRAP_OID, UPTIME, environment, mib_directories, root

TYPES = {
    "alarm_raised": "hsmdAlarmRaised",
    "alarm_changed": "hsmdAlarmChanged",
    "alarm_cleared": "hsmdAlarmCleared",
    "pool_failover": "hsmdPoolFailover",
    "pool_recovered": "hsmdPoolRecovered",
    "service_at_risk": "hsmdServiceAtRisk",
    "service_recovered": "hsmdServiceRecovered",
    "started": "hsmdStarted",
    "stopping": "hsmdStopping",
}
WHOLE = {
    "id": 4711,
    "when": 1764000000700000,
    "durable": 1,
    "alarm": 4710,
    "code": "key-missing",
    "severity": "major",
    "device_name": "bureau-1",
    "pool_name": "bureau",
    "service_name": "licence",
    "state": "at_risk",
    "serving": 6,
    "total": 7,
    "survivable": -1,
    "text": "one is down",
    "text_local": "1号密码机故障",
}


def oids():
    lines = (environment("HSMD_BIN").parent / "snmp-mib/HSMD-MIB-oids.txt").read_text().splitlines()
    return {name: oid for oid, _, name in (line.partition(" ") for line in lines if not line.startswith("#"))}


def objects():
    """What the MIB's text says: notification -> its objects, in order."""
    text = (environment("HSMD_BIN").parent / "mibs/HSMD-MIB.txt").read_text()
    found = re.findall(r"^(hsmd\w+) NOTIFICATION-TYPE\s+OBJECTS\s+\{([^}]*)\}", text, re.MULTILINE)
    return {name: [o.strip() for o in listed.split(",")] for name, listed in found}


def expected_names(notification):
    by_name = oids()
    return [UPTIME, TRAP_OID, *(by_name[o] + ".0" for o in objects()[notification])]


@pytest.fixture
def receiver(trapd):
    return trapd().start()


@pytest.fixture
def w(worker, receiver):
    w = worker()
    w.receiver(1, receiver.address)
    return w.start()


def test_every_notification_has_the_mibs_objects_in_order(w, receiver):
    assert sorted([*TYPES.values(), "hsmdHeartbeat"]) == sorted(objects()), "every notification of the MIB is tried here"
    for sequence, event_type in enumerate(TYPES, 1):
        w.notify(1, sequence, **WHOLE | {"type": event_type})
        w.wait_done(sequence)
    for n, notification in zip(receiver.wait_sequence(len(TYPES)), TYPES.values()):
        assert [name for name, _ in n.bindings] == expected_names(notification), notification
        assert n.values[TRAP_OID] == f"OID: .{oids()[notification]}"


def test_each_object_has_its_value(w, receiver):
    w.notify(1, 1, **WHOLE)
    (n,) = receiver.wait_sequence(1)
    assert [n.object(arc) for arc in (1, 2, 4, 5, 6, 8, 13, 14, 15)] == [
        "Counter64: 1", "Counter64: 4711", "INTEGER: 2", "INTEGER: 1", "Gauge32: 4710", "INTEGER: 4", "Gauge32: 6",
        "Gauge32: 7", "INTEGER: -1"]  # fmt: skip
    assert n.octets(3) == bytes([0x07, 0xE9, 11, 24, 16, 0, 0, 7]) + b"+\0\0"  # 2025-11-24 16:00:00.7 UTC
    assert [n.octets(arc).decode() for arc in (7, 9, 10, 11, 12, 16, 17)] == [
        "key-missing", "bureau-1", "bureau", "licence", "atRisk", "one is down", "1号密码机故障"]  # fmt: skip


def test_what_an_event_does_not_say_is_there_and_empty(w, receiver):
    w.notify(1, 1)
    (n,) = receiver.wait_sequence(1)
    assert [name for name, _ in n.bindings] == expected_names("hsmdAlarmRaised")
    assert (n.object(7), n.object(8), n.object(15)) == ('""', "INTEGER: 2", "INTEGER: 0")


def test_names_and_texts_are_ascii_but_for_the_last(w, receiver):
    w.notify(1, 1, **WHOLE | {"text": "é is down", "device_name": "密"})
    (n,) = receiver.wait_sequence(1)
    assert (n.octets(16), n.octets(9)) == (b"?? is down", b"???")


def test_heartbeat_has_the_mibs_objects(w, receiver):
    w.tell("heartbeat receiver=1 last_sequence=42 alarms=1,2,3,4 state=degraded serving=8 total=9 when=1764000000700000")
    (n,) = receiver.wait(lambda ns: ns, "a heartbeat")
    names = expected_names("hsmdHeartbeat")
    assert [name for name, _ in n.bindings] == names
    assert [n.values[name] for name in names[6:]] == [
        "Gauge32: 8", "Gauge32: 9", "Gauge32: 1", "Gauge32: 2", "Gauge32: 3", "Gauge32: 4"]  # fmt: skip
    assert n.values[names[2]] == n.values[names[4]] == "Counter64: 42"
    w.notify(1, 43)
    assert w.wait_done(43) == [43], "a heartbeat is answered by nothing"


def test_english_leaves_the_last_object_out(worker, receiver):
    w = worker()
    w.receiver(1, receiver.address, text="en")
    w.start().notify(1, 1, **WHOLE)
    (n,) = receiver.wait_sequence(1)
    assert [name for name, _ in n.bindings] == expected_names("hsmdAlarmRaised")[:-1]


def test_gb18030_is_what_iconv_makes_of_it(worker, receiver):
    w = worker()
    w.receiver(1, receiver.address, charset="gb18030")
    w.start().notify(1, 1, **WHOLE | {"text_local": "密码机㐀é𠀀故障"})
    (n,) = receiver.wait_sequence(1)
    text = "密码机㐀é𠀀故障".encode()
    assert n.octets(17) == subprocess.run(["iconv", "-f", "UTF-8", "-t", "GB18030"], input=text, capture_output=True,
                                          check=True).stdout  # fmt: skip


def test_a_text_that_grows_is_cut_between_characters(worker, receiver):
    w = worker()
    w.receiver(1, receiver.address, charset="gb18030")
    w.start().notify(1, 1, **WHOLE | {"text_local": "ä" * 127})  # two octets each, four in GB18030
    (n,) = receiver.wait_sequence(1)
    assert n.octets(17).decode("gb18030") == "ä" * 63


def test_snmptrapd_resolves_every_name_with_the_module(w, receiver, trapd):
    named = trapd()
    named.environment = {"MIBDIRS": mib_directories(), "MIBS": "HSMD-MIB"}
    named.output = ["-OS"]
    named.start()
    w.receiver(2, named.address)
    for sequence, event_type in enumerate(TYPES, 1):
        w.notify(2, sequence, **WHOLE | {"type": event_type})
        w.wait_done(sequence, receiver=2)
    w.tell("heartbeat receiver=2 last_sequence=42 alarms=1,2,3,4 state=degraded serving=8 total=9")
    last = "HSMD-MIB::hsmdHeartbeat"
    text = named.wait_log(lambda log: log if last in log else None, last)
    for notification in objects():
        line = next(line for line in text.splitlines() if f"HSMD-MIB::{notification}|" in line)
        assert root() not in line and "8072" not in line, line
        for name in objects()[notification]:
            assert f"HSMD-MIB::{name}.0 = " in line, f"{notification}: {name}"
    assert "hsmdNotifySeverity.0 = INTEGER: major(4)" in text and "2025-11-24,16:0:0.7,+0:0" in text


def test_sysuptime_is_that_of_the_first_sending(w, receiver, trapd):
    """A repetition is the same notification: what it says is what was so then."""
    other = trapd().start()
    w.receiver(2, other.address, version="v2c", kind="trap")
    w.notify(1, 1)
    w.wait_done(1)
    receiver.signal(signal.SIGSTOP)
    w.notify(1, 2)
    w.wait_state("retrying")
    w.notify(2, 3)
    (later,) = other.wait_sequence(3)
    receiver.signal(signal.SIGCONT)
    w.wait_done(2)
    copies = [n for n in receiver.wait_sequence(2) if n.sequence == 2]
    ticks = {int(n.values[UPTIME]) for n in copies}
    assert len(copies) > 1 and len(ticks) == 1 and ticks.pop() < int(later.values[UPTIME])
