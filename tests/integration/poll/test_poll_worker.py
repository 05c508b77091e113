"""hsmd-snmp poll as a worker of hsmd."""

import os
import pathlib
import signal
import socket
import time

import pytest
from hsmdtest.processes import state
from hsmdtest.waiting import wait_until
from poll_machines import FAN_LABEL, FAN_SPEED, MACHINE, PATIENCE, TEMPERATURE, Responder, fans


def test_hello_comes_first_and_pings_are_answered(poll, silent_address):
    poll.agent(1, silent_address())
    poll.start()
    for sequence in range(1, 20):
        poll.tell(f"ping {sequence}")
    pongs = poll.wait(lambda ms: len(p := [m for m in ms if m["message"] == "pong"]) == 19 and p, "19 pongs")
    assert [p["sequence"] for p in pongs] == list(range(1, 20))
    assert poll.messages[1] == {"message": "hello"}


def test_close_ends_it_with_requests_under_way(poll, silent_address, machine):
    poll.agent(1, silent_address(), timeout_ms=20000)
    poll.agent(2, machine().address)
    poll.start()
    poll.wait_state(2, "ok")
    poll.tell("close")
    assert poll.wait_exit() == {"message": "exit", "status": 0}


def test_end_of_stream_ends_it(poll, machine):
    poll.agent(1, machine().address)
    poll.start()
    poll.wait_state(1, "ok")
    poll.process.stdin.close()
    assert poll.wait_exit() == {"message": "exit", "status": 0}


def test_no_core_no_descriptors_no_secrets_shown(poll, machine):
    poll.agent(1, machine().address)
    poll.start()
    poll.wait_state(1, "ok")
    process = pathlib.Path(f"/proc/{poll.pid}")
    limits = [line.split()[4:6] for line in (process / "limits").read_text().splitlines() if "core file" in line]
    assert limits == [["0", "0"]]
    # what is not dumpable belongs to root whoever runs it, and hides its environment from its own user
    assert (process / "environ").stat().st_uid == 0
    if os.geteuid() == 0:
        for name in ("cmdline", "environ"):
            assert b"secret" not in (process / name).read_bytes()


def secrets_in_memory(pid, secret):
    found = 0
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            span, permissions, *_ = line.split()
            if not permissions.startswith("rw"):
                continue
            start, end = (int(x, 16) for x in span.split("-"))
            if end - start > 1 << 28:  # a sanitizer's shadow
                continue
            try:
                memory.seek(start)
                found += memory.read(end - start).count(secret)
            except OSError:
                continue
    return found


def test_secrets_are_gone_once_keys_are_made(poll, machine):
    if os.geteuid() != 0:
        pytest.skip("only root may read the memory of a process that is not dumpable")
    m = machine(start=False)
    secret = "-".join(["a", "secret", "found", "nowhere", "else"])
    m.users = [("hsmd", "SHA-256", secret, "AES", secret, "priv")]
    m.start()
    poll.agent(1, m.address, auth_secret=secret, priv_secret=secret)
    poll.start()
    poll.wait_state(1, "ok")
    assert secrets_in_memory(poll.pid, b"machine-1") > 0, "this test cannot see the worker's memory"
    assert secrets_in_memory(poll.pid, secret.encode()) == 0


def sockets_of(pid):
    links = [os.readlink(link) for link in pathlib.Path(f"/proc/{pid}/fd").iterdir()]
    return {link for link in links if link.startswith("socket:")}


def test_reload_keeps_unchanged_agents_and_ends_the_untold(poll, machine):
    if os.geteuid() != 0:
        pytest.skip("only root may list the descriptors of a process that is not dumpable")
    kept, changed, gone, new = machine(), machine(), machine(), machine()
    poll.agent(1, kept.address)
    poll.agent(2, changed.address)
    poll.agent(3, gone.address)
    poll.start()
    for device in (1, 2, 3):
        poll.wait_state(device, "ok")
    before = sockets_of(poll.pid)
    poll.agent(1, kept.address)
    poll.agent(2, changed.address, version="v2c")
    poll.agent(4, new.address)
    poll.start()
    mark = poll.mark()
    for device in (1, 2, 4):
        poll.wait_state(device, "ok", mark)
    after = sockets_of(poll.pid)
    # hsmd's socket and the kept agent's stay; two others were closed, two were opened
    assert len(before & after) == 2 and len(after - before) == 2 and len(before - after) == 2
    poll.wait_polls(1, 3, mark)
    assert not poll.states(3, since=poll.mark() - 5)


def test_kept_agent_goes_by_its_items_new_numbers(poll, machine):
    """hsmd may number items anew in each set: what they ask for is what makes an agent another one."""
    m = machine(root=f"{MACHINE}.2", table=fans((1, "fan 1", 4200, 1)))
    speed = {"oid": FAN_SPEED, "walk": 1, "label": FAN_LABEL}
    poll.agent(1, m.address, items={1: {"oid": TEMPERATURE, "scale": 0.1}, 2: speed})
    poll.start()
    polls = poll.wait_polls(1, 2)[1]["poll"]
    poll.agent(1, m.address, items={2: {"oid": TEMPERATURE, "scale": 0.1}, 7: speed})
    poll.start()
    state, samples = poll.wait_poll(1, lambda ss: [s["item"] for s in ss] == [2, 7], "new numbers")
    assert [s["value"] for s in samples] == [45.1, 4200] and state["poll"] > polls, "it was not kept"
    poll.agent(1, m.address, items={2: {"oid": TEMPERATURE, "scale": 0.2}, 7: speed})
    mark = poll.mark()
    poll.start()
    state, _ = poll.wait_poll(1, lambda ss: [s["value"] for s in ss] == [90.2, 4200], "the new scale", mark)
    assert state["poll"] <= 2, "it was kept"


def test_agent_told_twice_before_the_start_is_polled_once_as_told_last(poll, machine, silent_address):
    m, other = machine(), machine()
    for _ in range(2):
        poll.agent(1, silent_address())
        poll.agent(2, other.address)
        poll.agent(1, m.address)
        poll.start()
        mark = poll.mark()
        assert {s["state"] for s in poll.wait_polls(1, 3, mark)} == {"ok"}
    mark = poll.mark()
    turns = len(poll.wait_polls(2, 6, mark))
    assert len(poll.states(1, mark)) <= turns + 2, "it is polled twice an interval"


def test_set_that_is_told_anew_before_its_start_is_only_what_was_told_last(poll, machine, silent_address):
    kept, m = machine(), machine()
    poll.agent(1, kept.address)
    poll.start()
    polls = poll.wait_polls(1, 2)[1]["poll"]
    poll.agent(1, kept.address)
    poll.agent(2, silent_address())
    poll.agent(3, m.address)
    poll.tell_set()
    poll.agent(1, kept.address)
    poll.agent(3, m.address)
    poll.start()
    mark = poll.mark()
    states = [*poll.wait_polls(1, 3, mark), *poll.wait_polls(3, 3, mark)]
    assert {s["state"] for s in states} == {"ok"} and states[0]["poll"] >= polls, "what is told again is kept"
    assert not poll.states(2)


def test_changed_secret_counts_from_the_reload_on(poll, machine):
    m = machine()
    poll.agent(1, m.address, auth_secret="wrong-secret")
    poll.start()
    poll.wait_state(1, "refused")
    poll.agent(1, m.address)
    poll.start()
    poll.wait_state(1, "ok", poll.mark())
    poll.agent(1, m.address, auth_secret="wrong-secret")
    poll.start()
    poll.wait_state(1, "refused", poll.mark())


def relay_to(machine):
    def answer(datagram):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(5)
            s.sendto(datagram, ("127.0.0.1", machine.port))
            yield s.recv(65535)

    return answer


def test_hsmd_that_does_not_read_gets_the_newest_result_of_each_agent(poll, machine):
    """hsmd may stand still for long: nothing piles up meanwhile, and what it then reads is of now."""
    m = machine()
    busy, calm = Responder(relay_to(m)), Responder(relay_to(m))
    for responder in (busy, calm):
        responder.start()
    poll.agent(1, busy.address, version="v2c", interval_ms=2, timeout_ms=1000)
    poll.agent(2, calm.address, version="v2c", interval_ms=1000, timeout_ms=1000)
    poll.start()
    poll.wait_state(2, "ok")
    poll.tell("deaf")
    answered = busy.answered
    wait_until(lambda: busy.answered > answered + 1000, PATIENCE, "a thousand answers that hsmd does not read")
    m.set("integer", 222)
    answered = calm.answered
    # two, since the first may have been read already before the new value was set
    wait_until(lambda: calm.answered > answered + 1, PATIENCE, "an answer with the new value")
    mark = poll.mark()
    poll.tell("ping 7")
    time_of_hearing = time.monotonic_ns() // 1000
    poll.tell("hear")
    for device in (1, 2):
        poll.wait_value(device, 22.2, since=mark)
    poll.wait(lambda ms: {"message": "pong", "sequence": 7} in ms, "pong after the silence")
    kept = poll.samples(2, since=mark)
    assert [s["value"] for s in kept if s["when"] < time_of_hearing][-1] == 22.2, "the newest result was lost"
    old = [s for s in poll.samples(1, since=mark) if s["value"] == 45.1]
    assert len(old) < 500, "results were queued without a bound"
    for responder in (busy, calm):
        responder.end()


def test_stopped_worker_blames_no_machine(poll, machine):
    """Its deadlines are overdue when it goes on, but the answers came in time: they are read first."""
    m = machine()
    relay = relay_to(m)

    def answer_while_stopped(datagram):
        os.kill(poll.pid, signal.SIGSTOP)
        wait_until(lambda: state(poll.pid) == "T", PATIENCE, "the worker is stopped")
        yield from relay(datagram)
        time.sleep(0.2)  # the cause, not a way to wait: ten times what the worker allows
        os.kill(poll.pid, signal.SIGCONT)

    responder = Responder(answer_while_stopped)
    responder.start()
    poll.agent(1, responder.address, interval_ms=300, timeout_ms=20)
    poll.start()
    assert {s["state"] for s in poll.wait_polls(1, 5)} == {"ok"}
    responder.end()
