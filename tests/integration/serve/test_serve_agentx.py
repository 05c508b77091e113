"""The sub-agent: the same answers through Debian's snmpd, and back whenever that is back."""
import os
import shutil
import signal
import subprocess
import tempfile
import time

import pytest
from serve_agent import LONG, Board, Snmp, Snmpd, built, extracted, free_port, root_oid, wait_until
from test_serve_own import compare

STATE = "HSMD-MIB::hsmdDeviceState.1"
PONG_MS = 4000  # hsmd replaces a worker that is silent for longer


def answers(master):
    return lambda: master.snmp.get(STATE, timeout="0.3") == "up"


def bring_up(master, sub):
    sub.ask("start")
    master.start()
    wait_until(answers(master), 10, "the master answers for us")
    sub.ask("serving 1 2000")
    sub.ask("lag")


@pytest.mark.parametrize("holes", [0, 1])
def test_walk_through_the_master_shows_exactly_what_is_valid(master, sub, holes):
    bring_up(master, sub)
    sub.ask(f"board 20 2 {holes}")
    root = root_oid()
    compare(master.snmp.walk(root), sub.expected(), root)
    compare(master.snmp.walk(root, "snmpbulkwalk"), sub.expected(), root)


def test_master_lists_us_in_its_sysORTable(master, sub):
    bring_up(master, sub)
    assert any("HSMD-MIB" in value for _, value in master.snmp.walk(".1.3.6.1.2.1.1.9"))


def test_without_a_master_it_says_so_and_waits(master, sub):
    assert sub.ask("start") == "0"
    assert "no AgentX master" in sub.ask("serving 0 1000")
    master.start()
    wait_until(answers(master), 5, "back within 5 s")


def test_back_within_five_seconds_of_a_killed_master(master, sub):
    bring_up(master, sub)
    pid = sub.ask("pid")
    for _ in range(10 if LONG else 3):
        master.kill()
        sub.ask("serving 0 2000")
        master.start()
        wait_until(answers(master), 5, "back within 5 s of the master's return")
        sub.ask("serving 1 2000")
    assert sub.ask("pid") == pid, "the same worker"
    assert int(sub.ask("lag")) < PONG_MS
    assert any("HSMD-MIB" in value for _, value in master.snmp.walk(".1.3.6.1.2.1.1.9")), "registered whole again"


def test_back_within_five_seconds_of_a_stopped_master(master, sub):
    bring_up(master, sub)
    pid = sub.ask("pid")
    for seconds in (10, 10, 30) if LONG else (10,):
        master.signal(signal.SIGSTOP)
        stopped = time.monotonic()
        assert "does not answer" in sub.ask("serving 0 5000")
        wait_until(lambda s=seconds: time.monotonic() - stopped > s, seconds + 5, "the stop is over")
        master.signal(signal.SIGCONT)
        wait_until(answers(master), 5, "back within 5 s of the master's return")
        sub.ask("serving 1 2000")
    assert sub.ask("pid") == pid, "the same worker"
    assert int(sub.ask("lag")) < PONG_MS, "it stood still with its master"


def test_fresh_worker_at_a_stopped_master_answers_hsmd_and_is_registered_later(master, sub):
    bring_up(master, sub)
    master.signal(signal.SIGSTOP)
    # more often than the master's backlog holds, so that connect() would wait
    for _ in range(12):
        sub.ask("kill")
        assert sub.ask("start") == "0", "it said something, so it does not wait"
    sub.ask("lag")
    master.signal(signal.SIGCONT)
    wait_until(answers(master), 5, "back within 5 s of the master's return")
    assert int(sub.ask("lag")) < PONG_MS


def test_garbage_from_a_master_is_not_the_end(tmp_path):
    """Something else listens where the master should be."""
    path = str(tmp_path / "master")
    talker = subprocess.Popen(["/usr/bin/python3", "-c", """
import os, socket, sys
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(8); print("up", flush=True)
while True:
    c, _ = s.accept(); c.sendall(os.urandom(400)); c.close()
""", path], stdout=subprocess.PIPE, text=True)
    board = Board("agentx", path)
    try:
        talker.stdout.readline()
        assert board.ask("start") == "0"
        pid = board.ask("pid")
        for _ in range(4):
            with pytest.raises(AssertionError):
                board.ask("serving 1 1000")
        assert board.ask("pid") == pid and int(board.ask("lag")) < PONG_MS
    finally:
        board.end()
        talker.kill()
        talker.wait()
        talker.stdout.close()


def stock_configuration(directory, port, drop_in):
    """Debian's snmpd.conf with nothing changed but where it listens and what it includes."""
    with open(extracted("etc/snmp/snmpd.conf"), encoding="utf-8") as file:
        text = file.read()
    changed = text.replace("agentaddress  127.0.0.1,[::1]", f"agentaddress udp:127.0.0.1:{port}")
    changed = changed.replace("includeDir /etc/snmp/snmpd.conf.d", f"includeDir {directory}/snmpd.conf.d")
    assert changed.count(str(directory)) == 1 and f":{port}" in changed, "Debian's snmpd.conf has changed"
    os.mkdir(f"{directory}/snmpd.conf.d")
    with open(f"{directory}/snmpd.conf.d/hsmd.conf", "w", encoding="utf-8") as file:
        file.write(drop_in)
    return changed


def drop_in_with_user(directory):
    """Ours, as installed, with a user and group that every host has, a socket of the test's, and its example user let
    in."""
    with open(os.path.join(os.environ["HSMD_BIN"], "../snmp-mib/hsmd.conf"), encoding="utf-8") as file:
        text = file.read()
    assert "agentXPerms 0660 0755 Debian-snmp hsmd" in text
    text = text.replace("Debian-snmp hsmd", "root daemon")
    text = text.replace("#createUser", "createUser").replace("#rouser", "rouser")
    return text.replace("master agentx", f"agentXSocket {directory}/agentx/master\nmaster agentx")


@pytest.fixture
def place():
    """A directory that another user may enter, with the programs in it."""
    with tempfile.TemporaryDirectory(prefix="serve-test-") as directory:
        os.chmod(directory, 0o755)
        os.mkdir(f"{directory}/agentx")
        for name in ("hsmd-snmp", "board-tool"):
            shutil.copy(built(name), directory)
        yield directory


@pytest.mark.parametrize("group", ["daemon", "nogroup"])
def test_drop_in_lets_the_group_serve_and_the_example_user_read(place, tmp_path, group):
    port = free_port()
    snmpd = Snmpd(tmp_path, stock_configuration(place, port, drop_in_with_user(place)))
    security = ["-v3", "-l", "authPriv", "-u", "nms", "-a", "SHA-256", "-A", "authentication-secret", "-x", "AES", "-X",
                "privacy-secret"]
    snmpd.snmp = Snmp(port, tmp_path, security)
    board = Board("agentx", f"{place}/agentx/master", program=f"{place}/hsmd-snmp", tool=f"{place}/board-tool",
                  prefix=("setpriv", "--reuid", "nobody", "--regid", group, "--clear-groups"))
    try:
        snmpd.start()
        wait_until(lambda: os.path.exists(f"{place}/agentx/master"), 10, "snmpd listens to sub-agents")
        wait_until(lambda: "Linux" in snmpd.snmp.get(".1.3.6.1.2.1.1.1.0", timeout="0.5"), 10, "the user can read")
        if group == "daemon":
            board.ask("start")
            wait_until(answers(snmpd), 10, "the group's member serves")
        else:
            assert board.ask("start") == "0"
            assert "agentXPerms" in board.ask("serving 0 1000"), "it says what is missing"
            assert snmpd.snmp.get(STATE).startswith("No Such")
    finally:
        board.end()
        snmpd.kill()
