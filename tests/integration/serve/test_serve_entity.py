"""The sensors as ENTITY-MIB and ENTITY-SENSOR-MIB, by numbers, as a management system that never heard of HSMD-MIB asks
for them; and beside others who serve these modules."""
import os

import pytest
from serve_agent import Snmpd, wait_until

PHYSICAL, CONTAINS, CHANGED = ".1.3.6.1.2.1.47.1.1.1.1", ".1.3.6.1.2.1.47.1.3.3.1.1", ".1.3.6.1.2.1.47.1.4.1.0"
SENSORS = ".1.3.6.1.2.1.99.1.1.1"
MODULES = [".1.3.6.1.2.1.47", ".1.3.6.1.2.1.99"]
CAPABILITIES = ".1.3.6.1.2.1.1.9.1.2"
UPTIME = ".1.3.6.1.2.1.1.3.0"
NUMBERS = ["-OqvtUe"]  # time ticks and enumerations as numbers
DESCRIBED = {"name": "hsm-01", "manufacturer": "Vendor", "model": "SC-9", "serial": "S123", "firmware": "2.0"}


def ticks(snmp, name):
    return int(snmp.get(name, NUMBERS))


def instances(snmp, name, tool="snmpwalk"):
    """Numbers of what a module has: none if the only line says that there is nothing."""
    return [(tuple(map(int, oid.split("."))), value) for oid, value in snmp.walk(name, tool) if not value.startswith("No ")]


def warm_up(board):
    """Machine 1 with a sensor of 41.5 degrees and one that was never read."""
    board.ask("board 3 2 0")
    for key, value in DESCRIBED.items():
        board.ask(f"set devices 0 {key} {value}")
    for key, value in (("name", "temperature"), ("type", 8), ("scale", 9), ("precision", 1), ("value", 415), ("status", 1),
                       ("units_display", "Celsius"), ("age_s", 0)):
        board.ask(f"set sensors 0 {key} {value}")
    for key in ("value", "age_s"):
        board.ask(f"clear sensors 1 {key}")
    board.ask("set sensors 1 status 2")


def check_rows(snmp):
    """What warm_up made, as the standards show it."""
    column = lambda table, numbers, index: [snmp.get(f"{table}.{c}.{index}", NUMBERS) for c in numbers]
    assert column(PHYSICAL, (2, 4, 5, 6, 7, 16), 10000) == ["hsm-01: Vendor SC-9", "0", "3", "1", "hsm-01", "1"]
    assert column(PHYSICAL, (8, 9, 10, 11, 12, 13), 10000) == ["", "2.0", "", "S123", "Vendor", "SC-9"]
    assert column(PHYSICAL, (2, 4, 5, 6, 7, 16), 10001) == ["hsm-01 temperature", "10000", "8", "1", "hsm-01/temperature", "2"]
    assert snmp.get(f"{PHYSICAL}.3.10001", ["-Oqvn"]) == ".0.0"
    assert snmp.get(f"{CONTAINS}.10000.10001") == "10001"
    assert column(SENSORS, (1, 2, 3, 4, 5, 6, 8), 10001) == ["8", "9", "1", "415", "1", "Celsius", "0"]
    assert ticks(snmp, f"{SENSORS}.7.10001") <= ticks(snmp, UPTIME)
    assert snmp.get(f"{SENSORS}.5.10101", NUMBERS) == "2"
    assert "No Such Instance" in snmp.get(f"{SENSORS}.4.10101"), "it was never read"
    assert "No Such Instance" in snmp.get(f"{PHYSICAL}.7.10002"), "no such sensor"
    assert "No Such Object" in snmp.get(f"{PHYSICAL}.14.10001"), "not the manager's to write, so not there"


def check_walks(snmp, machines, sensors):
    """Everything in increasing order, the same by GETNEXT and by GETBULK, and as much as there must be."""
    for module, rows in zip(MODULES, (machines * (1 + sensors) * 13 + machines * sensors + 1, machines * sensors * 8)):
        found = instances(snmp, module)
        oids = [oid for oid, _ in found]
        assert all(a < b for a, b in zip(oids, oids[1:])), "OIDs do not increase"
        assert oids == [oid for oid, _ in instances(snmp, module, "snmpbulkwalk")]
        assert len(oids) == rows


def capabilities(snmp):
    return {value for _, value in snmp.walk(CAPABILITIES)} & set(MODULES)


def test_own_agent_has_the_rows_that_the_standards_want(own):
    board, snmp = own
    warm_up(board)
    check_rows(snmp)
    assert capabilities(snmp) == set(MODULES)
    board.ask("board 20 3 0")
    check_walks(snmp, 20, 3)


def test_instants_are_of_the_agents_uptime(own):
    board, snmp = own
    warm_up(board)
    changed, up = ticks(snmp, CHANGED), ticks(snmp, UPTIME)
    assert changed <= up
    board.ask("set sensors 0 age_s 0")
    assert up - 2 <= ticks(snmp, f"{SENSORS}.7.10001") <= ticks(snmp, UPTIME), "to a hundredth, rounded"
    board.ask("board 3 2 0")
    assert ticks(snmp, CHANGED) == changed, "a new board with the same rows"
    board.ask("board 4 2 0")
    wait_until(lambda: ticks(snmp, CHANGED) > changed, 5, "a machine came, and it says so")


def test_switched_off_there_is_nothing_but_hsmd_mib(own):
    board, snmp = own
    board.ask("kill")
    board.ask("entity off")
    board.ask("boots 2")
    assert board.ask("start") == "1"
    assert [instances(snmp, module) for module in MODULES] == [[], []]
    assert capabilities(snmp) == set()
    assert snmp.get("HSMD-MIB::hsmdSensorName.1.1") == "name-1"


def served(master):
    return lambda: capabilities(master.snmp) == set(MODULES)


def up(master):
    return lambda: master.snmp.get(UPTIME, timeout="0.3").count(":") > 1


def test_sub_agent_has_the_same_rows_and_the_masters_uptime(master, sub):
    master.start()
    wait_until(up(master), 10, "the master answers")
    warm_up(sub)
    sub.ask("start")
    wait_until(served(master), 10, "they are offered")
    assert sub.ask("serving 1 1000") == "", "nothing is wrong"
    sub.ask("set sensors 0 age_s 0")
    wait_until(lambda: ticks(master.snmp, f"{SENSORS}.7.10001") > 0, 5, "the master's uptime is known")
    assert abs(ticks(master.snmp, UPTIME) - ticks(master.snmp, f"{SENSORS}.7.10001")) < 500
    check_rows(master.snmp)
    sub.ask("board 20 3 0")
    check_walks(master.snmp, 20, 3)


def foreign(directory, place):
    """A line of snmpd.conf that serves one value below this place."""
    script = os.path.join(str(directory), "foreign")
    with open(script, "w", encoding="ascii") as file:
        file.write(f'#!/bin/sh\n[ "$1 $2" = "-g {place}.4.7" ] || [ "$1 $2" = "-n {place}" ] || exit 0\n'
                   f'printf "%s\\ninteger\\n77\\n" {place}.4.7\n')
    os.chmod(script, 0o755)
    return f"pass {place} {script}\n"


@pytest.mark.parametrize("place", [MODULES[1], SENSORS, MODULES[0], PHYSICAL])
def test_who_serves_these_modules_already_is_left_alone_and_that_is_told(master, sub, tmp_path, place):
    with open(master.configuration, "a", encoding="utf-8") as file:
        file.write(foreign(tmp_path, place))
    master.start()
    wait_until(up(master), 10, "the master answers")
    sub.ask("start")
    assert "entity = false" in sub.ask("detail ENTITY-MIB 5000")
    assert "ENTITY-MIB" in sub.ask("serving 1 1000"), "HSMD-MIB is served all the same"
    assert master.snmp.get("HSMD-MIB::hsmdSensorName.1.1") == "name-1"
    assert master.snmp.get(f"{place}.4.7") == "77"
    assert sum((instances(master.snmp, module) for module in MODULES), []) == [
        (tuple(map(int, f"{place[1:]}.4.7".split("."))), "77")], "theirs is there, and nothing of ours"
    assert capabilities(master.snmp) == set()


def test_switched_off_nobody_is_asked(master, sub, tmp_path):
    with open(master.configuration, "a", encoding="utf-8") as file:
        file.write(foreign(tmp_path, SENSORS))
    master.start()
    wait_until(up(master), 10, "the master answers")
    sub.ask("entity off")
    sub.ask("start")
    assert sub.ask("serving 1 5000") == ""
    wait_until(lambda: master.snmp.get("HSMD-MIB::hsmdSensorName.1.1") == "name-1", 5, "HSMD-MIB is served")
    with open(os.path.join(master.scratch, "log"), encoding="utf-8") as log:
        assert "duplicate registration" not in log.read()


def test_who_comes_later_is_not_refused_because_of_us(master, sub, tmp_path):
    """Another sub-agent registers what we serve: it is taken, and we are back when it is gone."""
    master.start()
    sub.ask("start")
    wait_until(served(master), 10, "they are offered")
    os.mkdir(tmp_path / "later")
    later = Snmpd(tmp_path / "later", foreign(tmp_path, MODULES[1]))
    try:
        later.start(["-X", "-x", master.socket, "-I", "pass"])
        wait_until(lambda: master.snmp.get(f"{MODULES[1]}.4.7") == "77", 10, "the other's value is there")
        assert master.snmp.get(f"{SENSORS}.4.10001").startswith("No Such"), "it has it alone"
    finally:
        later.kill()
    wait_until(lambda: master.snmp.get(f"{SENSORS}.4.10001") == "1", 10, "ours is back")
    assert master.snmp.get("HSMD-MIB::hsmdSensorName.1.1") == "name-1"


def test_a_master_that_comes_back_is_asked_again(master, sub, tmp_path):
    master.start()
    sub.ask("start")
    wait_until(served(master), 10, "they are offered")
    with open(master.configuration, encoding="utf-8") as file:
        alone = file.read()
    for line in (foreign(tmp_path, SENSORS), ""):
        master.kill()
        sub.ask("serving 0 5000")
        with open(master.configuration, "w", encoding="utf-8") as file:
            file.write(alone + line)
        master.start()
        sub.ask("serving 1 5000")
        if line:
            sub.ask("detail ENTITY-MIB 5000")
        else:
            wait_until(served(master), 5, "they are offered again")
            assert sub.ask("serving 1 1000") == "", "and nothing is wrong any more"
