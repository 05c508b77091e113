"""A wrong PIN is tried once and never again, across restarts too; the module's own log is the witness."""
import os

import pytest

from hsmdtest.waiting import wait_until
from hsmdtest.wrapped import Wrapped

MACHINES = "softhsm"  # behind wrap.so
NAME = "bureau-1"


@pytest.fixture(name="wrapped", scope="module")
def fixture_wrapped(demo):
    with Wrapped(demo, NAME) as wrapped:
        yield wrapped


def pin_path(demo):
    return demo.path("devices", NAME, "pin")


@pytest.fixture(name="pin")
def fixture_pin(demo, wrapped):
    """The right PIN, put back afterwards with the note of a wrong one removed by hand."""
    with open(pin_path(demo), encoding="ascii") as file:
        right = file.read()
    yield right
    wrapped.fault("")
    write_pin(demo, right)
    note = demo.path("state", "guard", NAME)
    if os.path.exists(note):
        os.unlink(note)
    demo.wait_state(NAME, "up")


def write_pin(demo, text):
    with open(pin_path(demo), "w", encoding="ascii") as file:
        file.write(text)


def new_probe(demo):
    demo.signal(demo.device(NAME)["probe_pid"], "SIGKILL")


def more_attempts(demo, n):
    probes = demo.device(NAME)["probes"]
    wait_until(lambda: demo.device(NAME)["probes"] >= probes + n, 60, f"{n} more attempts")


def test_wrong_pin_is_sent_once_even_across_a_restart(demo, wrapped, pin):
    write_pin(demo, "wrong-pin")
    logins = wrapped.count("C_Login")
    new_probe(demo)
    device = demo.wait_state(NAME, "down", "pin_refused")
    assert device["failed_step"] == "login"
    more_attempts(demo, 2)
    assert wrapped.count("C_Login") == logins + 1
    demo.restart_hsmd("SIGKILL")
    demo.wait_state(NAME, "down", "pin_refused")
    more_attempts(demo, 2)
    assert wrapped.count("C_Login") == logins + 1
    # the right PIN is another PIN: one new attempt, by itself
    write_pin(demo, pin)
    demo.wait_state(NAME, "up")
    assert wrapped.count("C_Login") == logins + 2


def test_removed_note_gives_one_new_attempt(demo, wrapped, pin):
    write_pin(demo, "wrong-pin")
    logins = wrapped.count("C_Login")
    new_probe(demo)
    demo.wait_state(NAME, "down", "pin_refused")
    assert wrapped.count("C_Login") == logins + 1
    os.unlink(demo.path("state", "guard", NAME))
    wait_until(lambda: wrapped.count("C_Login") == logins + 2, 30, "one more login")
    more_attempts(demo, 2)
    assert wrapped.count("C_Login") == logins + 2


def test_login_that_never_came_back_is_not_tried_again_with_an_unproven_pin(demo, wrapped, pin):
    write_pin(demo, "another-pin")
    wrapped.fault("C_Login:hang")
    logins = wrapped.count("C_Login")
    new_probe(demo)
    device = demo.wait_state(NAME, "down")
    assert device["failed_step"] == "login"
    assert wrapped.count("C_Login") == logins + 1
    more_attempts(demo, 2)
    assert wrapped.count("C_Login") == logins + 1
    assert demo.device(NAME)["reason"] == "pin_refused"


@pytest.mark.parametrize("answer", ["0x6", "0x80000042"])
def test_vague_answer_to_an_unproven_pin_counts_as_a_refusal(demo, wrapped, pin, answer):
    write_pin(demo, "yet-another-pin")
    wrapped.fault(f"C_Login:rv={answer}")
    logins = wrapped.count("C_Login")
    new_probe(demo)
    demo.wait_state(NAME, "down", "pin_refused")
    more_attempts(demo, 2)
    assert wrapped.count("C_Login") == logins + 1


def test_login_that_never_came_back_is_tried_again_with_a_proven_pin(demo, wrapped, pin):
    wrapped.fault("C_Login:hang")
    new_probe(demo)
    device = demo.wait_state(NAME, "down", "timeout")
    assert (device["failed_step"], device["last_call"]) == ("login", "C_Login")
    wrapped.fault("")
    demo.wait_state(NAME, "up")


def test_no_login_when_one_try_is_left(demo, wrapped, pin):
    wrapped.fault("C_GetTokenInfo:flags=0x20000")
    logins = wrapped.count("C_Login")
    new_probe(demo)
    device = demo.wait_state(NAME, "down", "pin_final_try")
    assert device["failed_step"] == "login"
    assert wrapped.count("C_Login") == logins


def test_pin_that_others_can_read_is_not_used(demo, wrapped, pin):
    os.chmod(pin_path(demo), 0o644)
    try:
        logins = wrapped.count("C_Login")
        new_probe(demo)
        device = demo.wait_state(NAME, "down", "pin_unavailable")
        assert "0600" in device["detail"]
        assert wrapped.count("C_Login") == logins
    finally:
        os.chmod(pin_path(demo), 0o600)


def test_pin_is_nowhere_to_be_read(demo, wrapped, pin):
    pid = demo.device(NAME)["probe_pid"]
    secret = pin.strip().encode()
    for where in (f"/proc/{pid}/cmdline", f"/proc/{pid}/environ"):
        with open(where, "rb") as file:
            assert secret not in file.read()
    with open(demo.path("hsmd.log"), "rb") as file:
        assert secret not in file.read()
    shown = demo.run("hsmctl", "device", NAME, "--json=pretty").encode()
    assert b'"calls"' in shown and secret not in shown
