"""The control socket against peers that do not behave: hsmd goes on, bounded."""

import json
import os
import resource
import select
import socket
import subprocess
import sys
import time

import ctl_bus
import pytest
from ctl_stub import hsmctl
from hsmdtest.waiting import wait_until

MEBIBYTE = 1 << 20
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")


def is_closed(s):
    """Whether the other side has closed; reads nothing."""
    poll = select.poll()
    poll.register(s, select.POLLHUP | select.POLLRDHUP)
    return bool(poll.poll(0))


def send_until_closed(stub, s, message, most):
    """Sends and never reads. Returns how often, and the most memory seen."""
    s.settimeout(0.5)
    highest = 0
    for sent in range(most):
        try:
            s.sendall(message)
        except (BrokenPipeError, ConnectionResetError, TimeoutError):
            return sent, highest
        if sent % 16 == 0:
            highest = max(highest, stub.resident())
        if is_closed(s):
            return sent, max(highest, stub.resident())
    return most, highest


def test_long_answers_come_in_pages(stubs):
    stub = stubs(devices=2500)
    devices = json.loads(hsmctl(stub.path, "status", "--json=short").stdout)["devices"]
    assert [device["number"] for device in devices] == list(range(1, 2501))
    assert all(len(device["keys"]) == 2 and len(device["sensors"]) == 6 for device in devices)
    assert "bureau-2500" in hsmctl(stub.path, "status").stdout


def test_no_page_has_more_than_a_thousand_rows(stubs):
    stub = stubs(devices=2500)
    with ctl_bus.connect(stub.path) as s:
        first = pages = 0
        while True:
            s.sendall(ctl_bus.list_call(pages + 1, "keys", first))
            kind, body = ctl_bus.read_message(s)
            rows = body.count(b"\0exercise\0")
            assert kind == 2 and rows <= 1000
            if rows == 0:
                break
            first, pages = first + rows, pages + 1
        assert first == 5000 and pages >= 5


@pytest.mark.parametrize("message", [
    ctl_bus.list_call(1, "devices", 0),
    ctl_bus.method_call(1, "GetFleet"),
    ctl_bus.method_call(1, "NoSuchMethod"),
    ctl_bus.method_call(1, "Ping", interface="org.freedesktop.DBus.Peer"),
    ctl_bus.method_call(1, "Introspect", interface="org.freedesktop.DBus.Introspectable"),
], ids=["pages", "rows", "errors", "pings", "introspection"])
def test_peer_that_does_not_read_is_closed_and_memory_stays_bounded(stubs, message):
    stub = stubs(devices=2500)
    assert hsmctl(stub.path, "status", "--json=short").returncode == 0  # what one honest reader costs
    before = stub.resident()
    with ctl_bus.connect(stub.path) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sent, highest = send_until_closed(stub, s, message, 100_000)
        wait_until(lambda: is_closed(s), 10, "the peer is closed")
    assert sent < 100_000
    print(f"{sent} sent, grew by {(highest - before) / MEBIBYTE:.1f} MiB")
    assert highest - before < 24 * MEBIBYTE
    wait_until(lambda: "does not read its answers" in stub.logged(), 10, "a log line")
    assert hsmctl(stub.path, "status").returncode == 0


def test_peer_that_never_authenticates_is_closed_and_one_that_has_is_not(stub):
    with ctl_bus.connect(stub.path) as honest, ctl_bus.connect(stub.path, authenticate=False) as silent, \
            ctl_bus.connect(stub.path, authenticate=False) as begins:
        begins.sendall(b"\0AUTH EXTERNAL\r\n")
        assert not is_closed(silent) and not is_closed(begins)
        wait_until(lambda: is_closed(silent) and is_closed(begins), 15, "both are closed")
        honest.sendall(ctl_bus.method_call(1, "GetFleet"))
        assert ctl_bus.read_message(honest)[0] == 2
    assert stub.logged().count("did not authenticate in time") == 2


def connected(stub):
    """Opens connections without a word until the first that is closed at once; those that stay."""
    kept = []
    for _ in range(100):
        s = ctl_bus.connect(stub.path, authenticate=False)
        wait_until(lambda s=s: is_closed(s) or stub.connections() > len(kept), 10, "accepted or refused")
        if is_closed(s):
            s.close()
            break
        kept.append(s)
    return kept


def test_one_user_gets_eight_connections_and_a_closed_one_makes_room(stub):
    kept = connected(stub)
    assert len(kept) == 8
    result = hsmctl(stub.path, "status")
    assert result.returncode == 4 and "too many" in result.stderr
    kept.pop().close()
    wait_until(lambda: stub.connections() == 7, 10, "hsmd has seen that it is gone")
    assert hsmctl(stub.path, "status").returncode == 0
    for s in kept:
        s.close()
    assert "at most 32 in all and 8 a user" in stub.logged()


# Opens a number of connections as another user, says how many stayed, and keeps them until its input ends.
OPEN_AS_USER = """
import os, socket, sys
os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
kept = []
for _ in range(int(sys.argv[3])):
    s = socket.socket(socket.AF_UNIX)
    try:
        s.connect(sys.argv[1])
        s.send(b"\\0AUTH\\r\\n")
        if s.recv(100):
            kept.append(s)
    except (BrokenPipeError, ConnectionResetError):
        pass
print(len(kept), flush=True)
sys.stdin.read()
"""


@needs_root
def test_all_users_together_get_thirty_two(stub):
    os.chmod(stub.path, 0o666)
    users = [subprocess.Popen([sys.executable, "-c", OPEN_AS_USER, stub.path, str(40000 + i), "9"], text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE) for i in range(5)]
    counts = []
    try:
        for user in users:
            counts.append(int(user.stdout.readline()))
        assert max(counts) <= 8 and sum(counts) == 32, counts
        assert hsmctl(stub.path, "status").returncode == 4
    finally:
        for user in users:
            user.stdin.close()
            user.wait()
    wait_until(lambda: stub.connections() == 0, 10, "all are gone")
    assert hsmctl(stub.path, "status").returncode == 0


BEGIN = b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\nBEGIN\r\n"


@pytest.mark.parametrize("octets", [
    b"", b"\0", b"\xff" * 70000, b"\0AUTH EXTERNAL zz\r\n", b"\0AUTH ANONYMOUS\r\n",
    b"\0AUTH EXTERNAL " + b"39393939" + b"\r\nBEGIN\r\n",
    BEGIN + b"\0" * 4096, BEGIN + b"l\1\0\1\xff\xff\xff\x7f" + b"x" * 4096,
    BEGIN + ctl_bus.method_call(1, "List", "su", b"\xff" * 64),
    BEGIN + ctl_bus.method_call(1, "Reload", "s", b"\5\0\0\0ab\xffcd\0"),
    BEGIN + os.urandom(4096), BEGIN + ctl_bus.list_call(1, "devices", 0)[:-3],
], ids=["nothing", "zero", "noise", "no-hex", "anonymous", "other-uid", "zeroes", "huge", "bad-body", "bad-utf8", "random",
        "cut"])
def test_garbage_ends_its_connection_and_nothing_else(stub, octets):
    with ctl_bus.connect(stub.path, authenticate=False) as s:
        try:
            s.sendall(octets)
            s.shutdown(socket.SHUT_WR)
            s.settimeout(10)
            while s.recv(65536):
                pass
        except (BrokenPipeError, ConnectionResetError):
            pass
    assert stub.process.poll() is None
    assert hsmctl(stub.path, "status").returncode == 0


@pytest.mark.parametrize("message", [
    ctl_bus.method_call(1, "GetFleet", "s", ctl_bus.string("surplus")),
    ctl_bus.method_call(1, "List", "s", ctl_bus.string("devices")),
    ctl_bus.method_call(1, "NoSuchMethod"),
    ctl_bus.method_call(1, "GetFleet", path="/else/where"),
    ctl_bus.list_call(1, "no_such_table", 0),
    ctl_bus.method_call(1, "GetCalls", "s", ctl_bus.string("bureau-77")),
], ids=["surplus", "signature", "method", "path", "table", "device"])
def test_wrong_requests_are_answered_with_an_error(stub, message):
    with ctl_bus.connect(stub.path) as s:
        s.sendall(message)
        assert ctl_bus.read_message(s)[0] == 3
        s.sendall(ctl_bus.method_call(2, "GetFleet"))
        assert ctl_bus.read_message(s)[0] == 2
        s.sendall(ctl_bus.list_call(3, "devices", 0xffffffff))
        assert ctl_bus.read_message(s)[0] == 2


def test_honest_peer_may_ask_for_long(stubs):
    stub = stubs(devices=300)
    with ctl_bus.connect(stub.path) as s:
        for serial in range(1, 400):
            s.sendall(ctl_bus.list_call(serial, "devices", 0))
            assert ctl_bus.read_message(s)[0] == 2


def test_old_socket_is_replaced_and_a_newer_one_is_left(stubs):
    first = stubs()
    second = stubs()
    assert first.end() == 0
    first.end = lambda: None
    assert hsmctl(second.path, "status").returncode == 0


def test_path_may_be_longer_than_a_socket_address(directory, stubs):
    deep = os.path.join(directory, "d" * 60, "e" * 60)
    os.makedirs(deep)
    stub = stubs(socket=os.path.join(deep, "control"))
    assert len(str(stub.path)) > 108
    assert hsmctl(stub.path, "status").returncode == 0


def test_out_of_descriptors_hsmd_waits_and_does_not_spin(stub):
    pid = stub.process.pid
    usual = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (len(os.listdir(f"/proc/{pid}/fd")), usual[1]))
    with ctl_bus.connect(stub.path, authenticate=False):
        wait_until(lambda: "cannot accept" in stub.logged(), 10, "a log line")
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and stub.logged().count("cannot accept") < 3:
            time.sleep(0.05)
        assert stub.logged().count("cannot accept") <= 6
        resource.prlimit(pid, resource.RLIMIT_NOFILE, usual)
        wait_until(lambda: hsmctl(stub.path, "status").returncode == 0, 10, "it serves again")
