"""The own agent: what it answers, to whom, and what it outlives."""
import os
import random
import re
import signal
import socket
import subprocess

import pytest
from serve_agent import AUTH, ENGINE, LONG, PRIV, USER, Board, Snmp, built, free_port, root_oid, wait_until


def compare(walked, expected, root):
    """Walked instances against what the board holds: the same, in increasing order, and equal where a value does not move
    with the time."""
    prefix = root + ".1."
    oids = [oid for oid, _ in walked]
    assert all(oid.startswith(prefix) for oid in oids)
    parts = [tuple(map(int, oid.split("."))) for oid in oids]
    assert all(a < b for a, b in zip(parts, parts[1:])), "OIDs do not increase"
    assert {oid[len(prefix):] for oid in oids} == set(expected), "not the instances that are valid"
    for oid, value in walked:
        kind, _, should = expected[oid[len(prefix):]].partition(" ")
        if kind == "number":
            assert value.split()[0] == should, oid
        elif kind == "text" and should.isascii():
            assert value.strip('"') == should, oid


@pytest.mark.parametrize("holes", [0, 1, 2, 3])
@pytest.mark.parametrize("tool", ["snmpwalk", "snmpbulkwalk"])
def test_walk_shows_exactly_what_is_valid(own, holes, tool):
    board, snmp = own
    board.ask(f"board 40 3 {holes}")
    root = root_oid()
    expected = board.expected()
    assert len(expected) > (2500 if holes else 4000)
    compare(snmp.walk(root, tool), expected, root)


def test_table_without_rows_is_passed_over(own):
    board, snmp = own
    board.ask("board 0 0 0")
    root = root_oid()
    compare(snmp.walk(root), board.expected(), root)


def test_get_answers_each_instance_and_refuses_what_is_not_there(own):
    board, snmp = own
    board.ask("clear devices 3 temperature_c")
    assert snmp.get("HSMD-MIB::hsmdDeviceTemperature.7") == "3 tenths of a degree Celsius"
    assert "No Such Instance" in snmp.get("HSMD-MIB::hsmdDeviceTemperature.10")
    assert "No Such Instance" in snmp.get("HSMD-MIB::hsmdDeviceTemperature.8"), "no such device"
    assert "No Such Instance" in snmp.get("HSMD-MIB::hsmdDeviceTemperature.7.1"), "an arc too many"
    assert "No Such Object" in snmp.get("HSMD-MIB::hsmdDeviceEntry.99.7"), "no such column"
    assert "No Such Object" in snmp.get("HSMD-MIB::hsmdDeviceEntry.1.7"), "indices are not accessible"
    assert snmp.get("HSMD-MIB::hsmdKeyState.7.101") == "usable"
    assert "No Such Instance" in snmp.get("HSMD-MIB::hsmdKeyState.7"), "an arc too few"
    assert "No Such Instance" in snmp.get("HSMD-MIB::hsmdKeyState.8.1"), "no such device"


def test_values_have_the_types_of_the_module(own):
    board, snmp = own
    board.ask("set devices 0 reason 9")
    board.ask("set devices 0 temperature_c -55")
    board.ask("set devices 0 title 市监局1号密码机")
    board.ask("set devices 0 model Cipher\x01\x7fMachine")
    board.ask("set devices 0 latency_p50_us 99999999999")
    board.ask("set devices 0 state_age_s 90")
    board.ask("set devices 0 state_since 1709210096789000")
    assert snmp.get("HSMD-MIB::hsmdDeviceState.1") == "up"
    assert snmp.get("HSMD-MIB::hsmdDeviceReason.1") == "pin_refused"
    assert snmp.get("HSMD-MIB::hsmdDeviceTemperature.1") == "-55 tenths of a degree Celsius"
    assert snmp.get("HSMD-MIB::hsmdDeviceTitle.1") == "市监局1号密码机"
    assert snmp.get("HSMD-MIB::hsmdDeviceModel.1") == "Cipher??Machine"
    assert snmp.get("HSMD-MIB::hsmdDeviceLatencyP50.1") == "4294967295 microseconds", "clipped, not wrapped"
    assert snmp.get("HSMD-MIB::hsmdDeviceProbes.1") == str(2**40 + 1)
    assert 90 <= int(snmp.get("HSMD-MIB::hsmdDeviceStateAge.1").split()[0]) < 120
    assert snmp.get("HSMD-MIB::hsmdDeviceStateSince.1") == "2024-2-29,12:34:56.7,+0:0"


def test_keys_and_mechanisms_of_a_machine(own):
    board, snmp = own
    digest = "5f" * 32
    for key, value in (("class", 1), ("type", 3), ("exercise", 1), ("state", 5), ("fingerprint", digest),
                       ("label", "hsmd-probe"), ("signs", 5000000000)):
        board.ask(f"set keys 0 {key} {value}")
    board.ask("clear keys 0 last_signed_age_s")
    for key, value in (("name", "CKM_HSM_SM2_SM3"), ("number", 0x80000100), ("spare_rate_per_s", 9800), ("limited_by", 3),
                       ("latency_p99_us", 2450)):
        board.ask(f"set mechanisms 1 {key} {value}")
    show = lambda name: snmp.get(f"HSMD-MIB::{name}")
    assert [show(f"hsmdKey{column}.1.1") for column in ("Label", "Class", "Type", "Exercise", "State", "Signs")] == [
        "hsmd-probe", "private", "sm2", "sign", "failing", "5000000000"]
    assert show("hsmdKeyFingerprint.1.1") == digest
    assert "No Such Instance" in show("hsmdKeyLastSignedAge.1.1"), "it never signed"
    assert show("hsmdMechanismName.1.101") == "CKM_HSM_SM2_SM3"
    assert show("hsmdMechanismNumber.1.101") == str(0x80000100), "a vendor's number is unsigned"
    assert show("hsmdMechanismSpareRate.1.101") == "9800 operations per second"
    assert show("hsmdMechanismLimitedBy.1.101") == "load"
    assert show("hsmdMechanismLatencyP99.1.101") == "2450 microseconds"


def test_a_judge_that_stands_still_leaves_no_state_but_ages_go_on(own):
    board, snmp = own
    states = ["hsmdDeviceState.4", "hsmdPoolState.1", "hsmdFleetState.0", "hsmdDeviceAgentState.4", "hsmdKeyState.4.1"]
    show = lambda: {snmp.get("HSMD-MIB::" + name) for name in states}
    assert "unknown" not in show()
    board.ask("set devices 1 evidence_age_s 100")
    board.ask("tick off")
    wait_until(lambda: show() == {"unknown"}, 10, "every state is unknown")
    age = int(snmp.get("HSMD-MIB::hsmdDeviceEvidenceAge.4").split()[0])
    assert age >= 102, "the age stood still too"
    assert snmp.get("HSMD-MIB::hsmdDeviceFailedStep.4") == "none", "only states are forgotten"
    assert snmp.get("HSMD-MIB::hsmdMechanismLimitedBy.4.1") == "none"
    board.ask("tick on")
    wait_until(lambda: "unknown" not in show(), 2, "states are back")


def test_new_board_replaces_the_old_one(own):
    board, snmp = own
    assert "No Such Instance" in snmp.get("HSMD-MIB::hsmdDeviceName.31")
    board.ask("board 11 0 0")
    wait_until(lambda: snmp.get("HSMD-MIB::hsmdDeviceName.31") == "name-11", 5, "the new board is served")
    assert "No Such Instance" in snmp.get("HSMD-MIB::hsmdSensorName.1.1")


def test_own_agent_serves_the_groups_that_every_agent_has(own):
    _, snmp = own
    engine = snmp.get(".1.3.6.1.6.3.10.2.1.1.0", ["-Oqvx"]).strip('" ').replace(" ", "").lower()
    assert engine == ENGINE
    assert snmp.get(".1.3.6.1.6.3.10.2.1.2.0") == "1", "snmpEngineBoots as given"
    assert snmp.get(".1.3.6.1.2.1.1.2.0", ["-Oqvn"]) == f".{root_oid()}.3.1"
    assert snmp.get(".1.3.6.1.2.1.1.5.0") == "fleet-under-test"
    assert snmp.get(".1.3.6.1.2.1.1.4.0") == "duty engineer"
    assert snmp.get(".1.3.6.1.2.1.1.6.0") == "machine room 3"
    assert "hsmd" in snmp.get(".1.3.6.1.2.1.1.1.0")
    assert any("HSMD-MIB" in value for _, value in snmp.walk(".1.3.6.1.2.1.1.9"))
    assert int(snmp.get(".1.3.6.1.2.1.11.1.0")) > 0, "snmpInPkts"
    everything = {re.match(r"1\.3\.6\.1\.(2\.1\.\d+|\d+\.\d+)", oid)[1] for oid, _ in snmp.walk(".1.3")}
    assert everything == {"2.1.1", "2.1.11", "2.1.47", "2.1.99", "4.1", "6.3"}, "something else is served too"


@pytest.mark.parametrize("security", [
    ["-v3", "-l", "authPriv", "-u", "stranger", "-a", "SHA-256", "-A", AUTH, "-x", "AES", "-X", PRIV],
    ["-v3", "-l", "authPriv", "-u", USER, "-a", "SHA-256", "-A", "not-the-secret", "-x", "AES", "-X", PRIV],
    ["-v3", "-l", "authPriv", "-u", USER, "-a", "SHA-256", "-A", AUTH, "-x", "AES", "-X", "not-the-secret"],
    ["-v3", "-l", "authNoPriv", "-u", USER, "-a", "SHA-256", "-A", AUTH],
    ["-v3", "-l", "noAuthNoPriv", "-u", USER],
    ["-v2c", "-c", "public"],
    ["-v1", "-c", "public"],
], ids=["unknown_user", "wrong_authentication", "wrong_privacy", "unencrypted", "unauthenticated", "v2c", "v1"])
def test_who_is_not_let_in_sees_nothing(own, tmp_path, security):
    board, snmp = own
    r = Snmp(board.port, tmp_path, security).run("snmpwalk", root_oid(), options=["-On"], timeout="0.3")
    assert root_oid() + ".1." not in r.stdout and r.stdout.count("=") == 0, r.stdout
    assert snmp.get("HSMD-MIB::hsmdDeviceState.1") == "up", "and who is let in does"


def test_nothing_can_be_written(own):
    _, snmp = own
    for name, value in (("HSMD-MIB::hsmdDeviceTitle.1", "changed"), (".1.3.6.1.2.1.1.6.0", "elsewhere")):
        r = snmp.run("snmpset", name, "s", value)
        assert r.returncode != 0 and ("noAccess" in r.stderr or "not writable" in r.stderr.lower()), r.stderr
    assert snmp.get(".1.3.6.1.2.1.1.6.0") == "machine room 3"


def test_garbage_does_not_end_it(own):
    board, snmp = own
    pid, choose = board.ask("pid"), random.Random(3)
    # an SNMPv3 discovery, to be bent in every way
    discovery = bytes.fromhex("303802010330110204000000010203010000040104020103041030"
                              "0e0400020100020100040004000400300e04000400a0080201010201000201003000")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(("127.0.0.1", board.port))
        for n in range(20000 if LONG else 3000):
            packet = bytearray(discovery)
            for _ in range(choose.randrange(1, 6)):
                packet[choose.randrange(len(packet))] = choose.randrange(256)
            if n % 3 == 0:
                packet = packet[:choose.randrange(len(packet))]
            elif n % 3 == 1:
                packet = bytes(choose.randrange(256) for _ in range(choose.randrange(1, 1400)))
            s.send(packet)
    wait_until(lambda: snmp.get("HSMD-MIB::hsmdDeviceState.1") == "up", 10, "it answers again")
    assert board.ask("pid") == pid
    assert int(board.ask("lag")) < 4000, "hsmd would have replaced it"


def test_a_poller_that_kept_running_outlives_every_restart(own):
    board, _ = own
    poller = subprocess.Popen([built("poller"), f"udp:127.0.0.1:{board.port}", USER, AUTH, PRIV], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)

    def poll():
        poller.stdin.write(f"{root_oid()}.1.5.1.2.1\n")
        poller.stdin.flush()
        return poller.stdout.readline().strip()

    assert poll() == 'ok STRING: "name-1"'
    for n in range(20):
        board.ask("kill")
        board.ask(f"boots {n + 2}")
        assert board.ask("start") == "1"
        assert poll() == 'ok STRING: "name-1"', f"after restart {n + 1}"
    poller.stdin.close()
    assert poller.wait(5) == 0


def test_address_in_use_is_said_and_ends_it():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        board = Board("own", f"udp:127.0.0.1:{s.getsockname()[1]}")
        assert board.ask("start") == "0"
        assert "cannot listen" in board.ask("serving 0 1000")
        assert board.ask("ended 5000") == "1"
        board.end()


def test_user_whose_secret_is_too_short_is_said_and_ends_it():
    board = Board("own", f"udp:127.0.0.1:{free_port()}", users=("nms", "short", "encryption"))
    assert board.ask("start late") == "0", "what it said last is not lost with it"
    assert "secret under 8" in board.ask("serving 0 1000")
    board.end()


def test_close_and_the_end_of_hsmd_end_it(own):
    board, _ = own
    board.ask("close")
    assert board.ask("ended 5000") == "0"
    assert board.ask("start") == "1"
    pid = int(board.ask("pid"))
    os.kill(board.process.pid, signal.SIGKILL)
    wait_until(lambda: not os.path.exists(f"/proc/{pid}") or "State:\tZ" in open(f"/proc/{pid}/status").read(), 5,
               "the worker has ended with hsmd")


def test_worker_shows_no_memory_and_dumps_no_core(own):
    board, _ = own
    pid = board.ask("pid")
    with open(f"/proc/{pid}/limits", encoding="ascii") as limits:
        assert re.search(r"Max core file size\s+0\s+0", limits.read())
    assert os.stat(f"/proc/{pid}/environ").st_uid == 0
    assert AUTH.encode() not in open(f"/proc/{pid}/cmdline", "rb").read()
