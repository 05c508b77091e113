"""Machines that are silent, replaced, cloned or hostile, and what the others notice of it: nothing."""

import os
import signal
import socket
import subprocess

import pytest
from poll_machines import FAN_LABEL, FAN_SPEED, TEMPERATURE, Responder, environment, free_port

INTERVAL = 500_000  # microseconds, the fixtures' interval


def assert_none_skipped(poll, device, polls, since=0):
    """Each poll began before the next one was due, and each turn was taken: the n-th result stands n intervals after
    the first."""
    states = poll.states(device, since)[:polls]
    assert len(states) == polls
    assert max(s["start_delay"] for s in states) < INTERVAL, f"device {device} waited longer than a whole interval"
    turns = [round((s["when"] - states[0]["when"]) / INTERVAL) for s in states]
    assert turns == list(range(polls)), f"device {device} missed a turn: {turns}"


def test_silent_agent_delays_nobody(poll, machine, silent_address):
    live = [machine(), machine()]
    poll.agent(1, live[0].address)
    poll.agent(2, silent_address())
    poll.agent(3, silent_address(), version="v2c")
    poll.agent(4, live[1].address, version="v2c")
    poll.start()
    for device in (1, 4):
        assert {s["state"] for s in poll.wait_polls(device, 8)} == {"ok"}
        assert_none_skipped(poll, device, 8)
    for device in (2, 3):
        assert {s["state"] for s in poll.wait_polls(device, 3)} == {"silent"}
        assert not poll.samples(device), "what is silent tells nothing"


def test_stopped_snmpd_is_silent_delays_nobody_and_is_back_within_one_poll(poll, machine):
    stopped, other = machine(), machine()
    poll.agent(1, stopped.address)
    poll.agent(2, other.address)
    poll.start()
    poll.wait_state(1, "ok")
    mark = poll.mark()
    stopped.process.send_signal(signal.SIGSTOP)
    poll.wait_state(1, "silent", mark)
    poll.wait_polls(2, 6, mark)
    assert_none_skipped(poll, 2, 6, mark)
    stopped.process.send_signal(signal.SIGCONT)
    mark = poll.mark()
    # the poll that was under way may still end silent; the next does not
    assert "ok" in [s["state"] for s in poll.wait_polls(1, 2, mark)[:2]]


def test_fifty_silent_of_a_hundred(poll, machine, silent_address):
    """A quarter of them from before the start, another quarter later."""
    machines, turning = [machine() for _ in range(10)], [machine() for _ in range(5)]
    live, silent, later = range(2, 101, 2), range(1, 101, 4), range(3, 101, 4)
    for device in range(1, 101):
        if device in silent:
            address = silent_address()
        else:
            address = (turning[device // 4 % 5] if device in later else machines[device // 2 % 10]).address
        poll.agent(device, address)
    poll.start()
    for device in (*live, *later):
        assert poll.wait_polls(device)[0]["state"] == "ok"
    for m in turning:
        m.process.send_signal(signal.SIGSTOP)
    mark = poll.mark()
    for device in live:
        assert {s["state"] for s in poll.wait_polls(device, 7)} == {"ok"}
        assert_none_skipped(poll, device, 7)
    for device in later:
        poll.wait_state(device, "silent", mark)
    assert {s["state"] for device in silent for s in poll.wait_polls(device)} == {"silent"}


def exchange(poll, machine, prepare):
    """Puts another machine in a machine's place between two polls, and returns the states of the next polls."""
    # by far longer than an exchange takes
    poll.agent(1, machine.address, interval_ms=3000)
    poll.start()
    poll.wait_state(1, "ok")
    mark = poll.mark()
    machine.stop()
    prepare(machine)
    machine.start()
    assert not poll.states(1, mark), "the exchange took too long for this test"
    return [s["state"] for s in poll.wait_polls(1, 1, mark)]


def test_replaced_engine_is_met_again_by_the_very_next_poll(poll, machine):
    def replace(m):
        m.engine_id = "80001f880400000002"

    assert exchange(poll, machine(engine_id="80001f880400000001"), replace) == ["ok"]


def test_boots_that_go_back_are_accepted_by_the_very_next_poll(poll, machine):
    def reset(m):
        m.boots = 1

    assert exchange(poll, machine(engine_id="80001f880400000003", boots=70), reset) == ["ok"]


def test_restarted_snmpd_is_back_within_one_poll(poll, machine):
    m = machine()
    poll.agent(1, m.address)
    poll.start()
    poll.wait_state(1, "ok")
    m.stop()
    poll.wait_state(1, "silent")
    m.start()
    mark = poll.mark()
    assert "ok" in [s["state"] for s in poll.wait_polls(1, 2, mark)[:2]]


def test_two_machines_with_one_engine_id_are_named_and_both_polled(poll, machine):
    # clones in nothing but the engine id: other boots, another secret
    a = machine(engine_id="80001f88040000000a", boots=70)
    b = machine(engine_id="80001f88040000000a", boots=7, start=False)
    b.users = [("hsmd", "SHA-256", "other-secret", "AES", "priv-secret", "priv")]
    b.start()
    other = machine()
    a.set("integer", 111)
    b.set("integer", 222)
    # a timeout longer than the interval: an agent that has to be met again at each poll would miss turns
    poll.agent(1, a.address, timeout_ms=2000)
    poll.agent(2, b.address, timeout_ms=2000, auth_secret="other-secret")
    poll.agent(3, other.address)
    poll.start()
    for device in (1, 2):
        detail = poll.wait_state(device, "duplicate_engine")["detail"]
        assert "machine-1" in detail and "machine-2" in detail and "80001f88040000000a" in detail
    mark = poll.mark()
    for device, value in ((1, 11.1), (2, 22.2)):
        assert {s["state"] for s in poll.wait_polls(device, 4, mark)} == {"duplicate_engine"}
        assert {(s["status"], s["value"]) for s in poll.samples(device, since=mark)} == {("ok", value)}
        assert_none_skipped(poll, device, 4, mark)
    assert {s["state"] for s in poll.states(3)} == {"ok"}


def test_duplicate_ends_when_one_machine_gets_its_own_engine_id(poll, machine):
    a, b = machine(engine_id="80001f88040000000b"), machine(engine_id="80001f88040000000b")
    poll.agent(1, a.address)
    poll.agent(2, b.address)
    poll.start()
    poll.wait_state(1, "duplicate_engine")
    poll.wait_state(2, "duplicate_engine")
    b.stop()
    b.engine_id = "80001f88040000000c"
    b.start()
    mark = poll.mark()
    poll.wait_state(1, "ok", mark)
    poll.wait_state(2, "ok", mark)


def ber(tag, content):
    n = len(content)
    length = bytes([n]) if n < 128 else bytes([0x82, n >> 8, n & 255])
    return bytes([tag]) + length + content


def flipped(datagram):
    return [bytes(b ^ (0x41 if i % 7 == 3 else 0) for i, b in enumerate(datagram))]


def truncated(datagram):
    return [datagram[:n] for n in range(1, len(datagram))]


def lying_lengths(datagram):
    return [bytes([0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]) + datagram[2:], bytes([0x30, 0x80]) + datagram[2:]]


def huge(datagram):
    # a well-formed v2c response of 60 kB to another request
    value = ber(0x30, ber(0x06, bytes([43, 6, 1])) + ber(0x04, b"x" * 60000))
    body = ber(0x02, b"\x01") + ber(0x02, b"\x00") + ber(0x02, b"\x00") + ber(0x30, value)
    return [ber(0x30, ber(0x02, b"\x01") + ber(0x04, b"public") + ber(0xA2, body))]


def echoed(datagram):
    return [datagram, datagram.replace(b"\xa0", b"\xa2", 1), datagram.replace(b"\xa5", b"\xa2", 1)]


def empty_and_random(datagram):
    return [b"", os.urandom(200), os.urandom(1400)]


GARBAGE = [flipped, truncated, lying_lengths, huge, echoed, empty_and_random]


@pytest.mark.parametrize("answer", GARBAGE, ids=lambda f: f.__name__)
def test_garbage_harms_nothing(poll, machine, answer):
    good, responder = machine(), Responder(answer)
    responder.start()
    table = {"oid": FAN_SPEED, "walk": 1, "label": FAN_LABEL}
    poll.agent(1, responder.address, version="v2c")
    poll.agent(2, responder.address, version="v3")
    poll.agent(3, good.address)
    poll.agent(4, responder.address, version="v2c", items={2: {"oid": TEMPERATURE}, 3: table})
    poll.agent(5, responder.address, version="v1", items={2: {"oid": TEMPERATURE}, 3: table})
    poll.start()
    for device in (1, 2, 4, 5):
        states = {s["state"] for s in poll.wait_polls(device, 3)}
        # an echo of our own request without security is a well-formed answer that holds no value
        assert states <= ({"silent", "ok"} if answer is echoed and device != 2 else {"silent"})
        assert not poll.samples(device) and not poll.samples(device, 2) and not poll.samples(device, 3)
    last, found = poll.walk(4)
    assert last["error"] != "ok" or not found
    assert responder.answered > 0
    assert {s["state"] for s in poll.wait_polls(3, 4)} == {"ok"}
    poll.wait_value(3, 45.1)
    responder.end()


def test_flood_from_one_machine_delays_nobody(poll, machine):
    good = machine()
    port = free_port()
    flood = subprocess.Popen([environment("HSMD_BIN") / "poll-flood", str(port)], stdout=subprocess.PIPE)
    try:
        poll.agent(1, f"127.0.0.1:{port}", interval_ms=20000, timeout_ms=9000)
        poll.agent(2, good.address)
        poll.start()
        assert flood.stdout.readline() == b"flooding\n"
        mark = poll.mark()
        assert {s["state"] for s in poll.wait_polls(2, 8, mark)[:8]} == {"ok"}
        assert_none_skipped(poll, 2, 8, mark)
        poll.tell("ping 7")
        poll.wait(lambda ms: {"message": "pong", "sequence": 7} in ms, "pong during the flood")
        assert not poll.states(1), "the flood was over before the test was"
    finally:
        flood.kill()
        flood.wait()
        flood.stdout.close()


def test_agent_that_answers_one_variable_with_an_error_loses_only_that(poll, machine):
    """An error stands for a whole SNMP answer; the others are asked for again without the one it names."""
    m = machine()

    def relay(datagram):
        # errors at the variable until the others are asked for; then the real agent answers
        oid = bytes([0x06]) + bytes([len(BROKEN)]) + BROKEN
        if oid in datagram:
            reply = bytearray(datagram.replace(b"\xa0", b"\xa2", 1))
            at = reply.index(b"\x02\x01\x00\x02\x01\x00\x30")
            reply[at + 2], reply[at + 5] = 5, 3  # sysUpTime comes first
            return [bytes(reply)]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(1)
            s.sendto(datagram, ("127.0.0.1", m.port))
            return [s.recv(65535)]

    responder = Responder(relay)
    responder.start()
    broken, doubled = {"oid": "1.3.6.1.4.1.99.7.0"}, {"oid": TEMPERATURE, "scale": 0.2}
    poll.agent(1, responder.address, version="v2c", items={1: {"oid": TEMPERATURE, "scale": 0.1}, 2: broken, 3: doubled})
    poll.start()
    detail = poll.wait_state(1, "ok")["detail"]
    assert "1.3.6.1.4.1.99.7.0: the agent answers it with an error" in detail
    assert not poll.samples(1, 2)
    assert (poll.samples(1, 1)[0]["value"], poll.samples(1, 3)[0]["value"]) == (45.1, 90.2)
    responder.end()


BROKEN = bytes([43, 6, 1, 4, 1, 99, 7, 0])
