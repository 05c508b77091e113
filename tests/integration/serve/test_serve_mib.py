"""HSMD-MIB as text: clean, and the same thing as the board and the names in the code."""
import os
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest
from serve_agent import Board, BIN, mib_directories, root_oid, tool_environment

MIB = os.path.join(os.path.dirname(BIN), "mibs", "HSMD-MIB.txt")
TABLES = {"fleet": "1", "sites": "2.1", "pools": "3.1", "devices": "5.1", "keys": "6.1", "mechanisms": "7.1",
          "sensors": "8.1", "site_sensors": "9.1", "services": "4.1", "alarms": "10.1", "failovers": "11.1",
          "receivers": "12.1"}
PREFIXES = {"fleet": "hsmdFleet", "sites": "hsmdSite", "pools": "hsmdPool", "devices": "hsmdDevice", "keys": "hsmdKey",
            "mechanisms": "hsmdMechanism", "sensors": "hsmdSensor", "site_sensors": "hsmdSiteSensor",
            "services": "hsmdService", "alarms": "hsmdAlarm", "failovers": "hsmdFailover", "receivers": "hsmdReceiver"}
SYNTAXES = {"name": "SnmpAdminString", "text": "SnmpAdminString", "word": "SnmpAdminString", "unsigned": "Unsigned32",
            "age": "Unsigned32", "msec": "Unsigned32", "usec": "Unsigned32", "gauge": "Gauge32", "counter": "Counter64",
            "integer": "Integer32", "celsius": "Integer32", "enum": "Enumeration", "bool": "TruthValue",
            "instant": "DateAndTime"}
UNITS = {"age": "seconds", "msec": "milliseconds", "usec": "microseconds", "celsius": "tenths of a degree Celsius"}
# The board keeps what the MIB restricts further.
NARROWER = {"HsmdIndex": "Unsigned32", "HsmdIndexOrZero": "Unsigned32", "HsmdSensorScaleTC": "Integer32",
            "HsmdSensorPrecisionTC": "Integer32"}


def smi(*command):
    return subprocess.run([*command, MIB], env=dict(tool_environment(os.devnull), SMIPATH=mib_directories()),
                          capture_output=True, text=True, check=False)


def test_smilint_at_its_strictest_prints_nothing():
    r = smi("smilint", "-l", "6", "-s")
    assert (r.stdout + r.stderr, r.returncode) == ("", 0)


@pytest.fixture(scope="module")
def module():
    return ElementTree.fromstring(smi("smidump", "-f", "xml").stdout)


@pytest.fixture(scope="module")
def layout():
    board = Board("own", "udp:127.0.0.1:1")
    lines = [line.split() for line in board.lines("layout")]
    board.end()
    return lines


def enumerations(module):
    return {t.get("name"): {n.get("name"): n.get("number") for n in t.iter("namednumber")}
            for t in module.iter("typedef") if t.get("basetype") == "Enumeration"}


def objects(module):
    """OID below hsmdObjects to (name, syntax, units)."""
    found = {}
    root = root_oid() + ".1."
    for node in [*module.iter("scalar"), *module.iter("column")]:
        assert node.get("oid").startswith(root)
        syntax = node.find("syntax/type")
        if syntax is None:
            syntax = node.find("syntax/typedef/parent")
        units = node.find("units")
        found[node.get("oid")[len(root):]] = (node.get("name"), syntax.get("name"), None if units is None else units.text)
    return found


def test_every_field_of_the_board_is_an_object_of_its_type_and_name(module, layout):
    mib, enums, wrong = objects(module), enumerations(module), []
    for table, column, kind, key, *_ in layout:
        name, syntax, units = mib[f"{TABLES[table]}.{column}"]
        word = "index" if (key, column) in (("number", "1"), ("id", "1")) else re.sub(r"(_per_s|_ms|_us|_s|_c)$", "", key)
        should = PREFIXES[table] + "".join(w.capitalize() for w in word.split("_"))
        should = "hsmdVersion" if should == "hsmdFleetVersion" else should
        kind_of = "Enumeration" if syntax in enums and kind == "enum" else NARROWER.get(syntax, syntax)
        if (name, kind_of) != (should, SYNTAXES[kind]) or UNITS.get(kind, units) != units:
            wrong.append((table, column, kind, key, name, syntax, units))
    assert not wrong
    assert len(layout) > 100, "the board's layout was not read"


def test_every_enumeration_has_the_names_of_the_code(module, layout):
    mib, enums = objects(module), enumerations(module)
    compared = 0
    for table, column, kind, _, *values in layout:
        if kind != "enum":
            continue
        should = dict(v.split("=") for v in values)
        syntax = mib[f"{TABLES[table]}.{column}"][1]
        has = enums[syntax]
        if syntax == "HsmdSensorTypeTC":  # restates another module's, in that one's spelling: voltsAC, percentRH
            has, should = ({k.lower(): v for k, v in d.items()} for d in (has, should))
        assert has == should, f"{table} column {column}, {syntax}"
        compared += 1
    assert compared >= 17


def test_every_code_word_of_the_code_is_described(module, layout):
    """There is one list of them, at hsmdDeviceReason."""
    text = next(c for c in module.iter("column") if c.get("name") == "hsmdDeviceReason").findtext("description")
    text = " ".join(text.split())
    words = next(set(values) for table, _, kind, key, *values in layout if (table, kind, key) == ("devices", "word", "reason"))
    assert len(words) > 60
    named = {w for part in re.findall(r":((?: [a-z_]+[,.])+)", text) for w in re.findall(r"[a-z_]+", part)}
    assert named ^ (words - {"none"}) == set()


def test_every_accessible_object_and_every_notification_is_in_a_group(module):
    grouped = {m.get("name") for m in module.findall(".//group/members/member")}
    grouped |= {m.get("name") for m in module.findall(".//groups//member")}
    named = {n.get("name") for n in [*module.iter("scalar"), *module.iter("column"), *module.iter("notification")]
             if n.findtext("access") != "noaccess"}
    assert named - grouped == set()
    assert len(named) > 150


def test_list_of_numbers_is_what_the_tools_make_of_the_module():
    with open(os.path.join(os.path.dirname(BIN), "snmp-mib", "HSMD-MIB-oids.txt"), encoding="ascii") as file:
        listed = [line.split() for line in file if not line.startswith("#")]
    assert len(listed) > 170
    names = ["HSMD-MIB::" + name for _, name in listed]
    r = subprocess.run(["snmptranslate", "-On", *names], env=tool_environment(os.devnull), capture_output=True, text=True, check=True)
    assert r.stdout.split() == ["." + oid for oid, _ in listed]
