"""Tables whose rows come and go, walked while they do."""
import random
import re
import threading

import pytest
from serve_agent import LONG, root_oid, wait_until

STAY = range(10, 90, 10)  # the alarms that are there all the time
ALARM, FAILOVER = "10.1", "11.1"
TEXT, TEXT_LOCAL = 11, 12  # columns that say whose they are
COLUMNS = 14


class Churn:
    """A judge that raises and clears alarms as fast as it can."""

    def __init__(self, board):
        self.board, self.over, self.arranged = board, threading.Event(), 0
        self.arrange()
        self.thread = threading.Thread(target=self.run)

    def arrange(self):
        others = [i for i in range(1, 100) if i % 10 and random.random() < 0.2]
        self.board.ask("arrange alarms " + " ".join(map(str, sorted([*STAY, *others]))))
        self.arranged += 1

    def run(self):
        while not self.over.is_set():
            self.arrange()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def cells(snmp, tool, table, root):
    """What one walk found, as (column, id) to value, in the order in which it came."""
    prefix = f"{root}.1.{table}."
    walked = [cell for cell in snmp.walk(prefix.rstrip("."), tool) if "No Such" not in cell[1]]
    assert all(oid.startswith(prefix) for oid, _ in walked)
    return [(tuple(map(int, oid[len(prefix):].split("."))), value) for oid, value in walked]


def check_walk(found):
    order = [name for name, _ in found]
    assert all(a < b for a, b in zip(order, order[1:])), "OIDs do not increase"
    missing = {(column, i) for column in range(2, 2 + COLUMNS) for i in STAY} - set(order)
    assert not missing, "alarms that were there throughout"
    for (column, i), value in found:
        if column in (TEXT, TEXT_LOCAL):
            octets = bytes.fromhex(value.strip('" ')) if re.fullmatch(r'"?([0-9A-F]{2} )+"?', value) else value.encode()
            assert re.findall(r"\d+", octets.decode("utf-8", "replace")) == [str(i + 1)], "a cell of another alarm"


def walk_beside(board, snmp, walks):
    root, sizes = root_oid(), set()
    with Churn(board) as churn:
        for n in range(walks):
            before = churn.arranged
            found = cells(snmp, ("snmpwalk", "snmpbulkwalk")[n % 2], ALARM, root)
            check_walk(found)
            sizes.add(len(found))
            wait_until(lambda b=before: churn.arranged > b, 10, "the judge turns")
    assert len(sizes) > walks // 10 + 1, "nothing came or went"


def test_walks_of_the_own_agent_beside_alarms_that_come_and_go(own):
    board, snmp = own
    walk_beside(board, snmp, 2000 if LONG else 200)


def test_walks_through_a_master_beside_alarms_that_come_and_go(master, sub):
    sub.ask("start")
    master.start()
    wait_until(lambda: master.snmp.get("HSMD-MIB::hsmdDeviceState.1", timeout="0.3") == "up", 10, "it serves")
    walk_beside(sub, master.snmp, 200 if LONG else 40)


def test_alarm_is_there_as_long_as_it_is_active(own):
    board, snmp = own
    board.ask("arrange alarms 7 12")
    assert snmp.get("HSMD-MIB::hsmdAlarmCode.12") == "code-13"
    board.ask("arrange alarms 7")
    assert "No Such Instance" in snmp.get("HSMD-MIB::hsmdAlarmCode.12")
    assert snmp.get("HSMD-MIB::hsmdAlarmCode.7") == "code-8"
    board.ask("arrange alarms")
    assert cells(snmp, "snmpwalk", ALARM, root_oid()) == []
    board.ask("arrange failovers 4 2147483647")
    assert {i for (_, i), _ in cells(snmp, "snmpwalk", FAILOVER, root_oid())} == {4, 2147483647}


def test_tool_makes_a_table_of_it(own):
    board, snmp = own
    board.ask("arrange alarms 7 12")
    out = snmp.run("snmptable", "HSMD-MIB::hsmdAlarmTable", options=["-Ci", "-Cf", "|", "-Cl"]).stdout
    rows = [line.split("|") for line in out.splitlines() if line.startswith(("7|", "12|"))]
    assert [row[:2] for row in rows] == [["7", "code-8"], ["12", "code-13"]]


def test_stopped_judge_leaves_alarms_but_no_state(own):
    """Nobody knows better than the last alarms; a service's state, somebody would have to stand behind."""
    board, snmp = own
    board.ask("arrange alarms 7")
    board.ask("set alarms 0 age_s 90")
    board.ask("tick off")
    wait_until(lambda: snmp.get("HSMD-MIB::hsmdServiceState.1") == "unknown", 10, "the judge is missed")
    assert snmp.get("HSMD-MIB::hsmdAlarmSeverity.7") == "cleared", "as it was: what board-tool puts there"
    assert snmp.get("HSMD-MIB::hsmdReceiverState.1") == "ok"
    assert 93 <= int(snmp.get("HSMD-MIB::hsmdAlarmAge.7").split()[0]) < 120


@pytest.mark.parametrize("name, value", [
    ("hsmdServiceHeadroom.1", "-30"), ("hsmdServiceSurvivable.1", "-1"), ("hsmdServiceBasis.1", "probe"),
    ("hsmdServiceConfirmed.1", "false"), ("hsmdReceiverKind.4", "inform"), ("hsmdReceiverState.4", "refusing")])
def test_services_and_receivers_are_shown(own, name, value):
    board, snmp = own
    for line in ("services 0 headroom_per_s -30", "services 0 survivable -1", "services 0 basis 2",
                 "services 0 confirmed 0", "receivers 1 kind 2", "receivers 1 state 3"):
        board.ask("set " + line)
    assert snmp.get("HSMD-MIB::" + name).split()[0] == value
