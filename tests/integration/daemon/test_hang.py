"""A call that never returns, at each rung: known within the bound, named, and nobody else's business."""
import datetime

import pytest

from hsmdtest.waiting import wait_until
from hsmdtest.wrapped import DEADLINE, Wrapped

MACHINES = "softhsm"  # behind wrap.so
NAME = "bureau-2"
# the call that hangs, the step that it is on; a climb comes to all of them
CLIMB = [("dlopen", "load"), ("C_Initialize", "initialize"), ("C_GetSlotList", "slot"),
         ("C_GetTokenInfo", "slot"), ("C_OpenSession", "session"),
         ("C_FindObjectsInit", "find"), ("C_SignInit", "sign"), ("C_Sign", "sign")]


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def others(demo):
    return {n: (d["checks_skipped"], d["failures"], d["probe_restarts"]) for n, d in demo.devices().items() if n != NAME}


@pytest.fixture(name="wrapped", scope="module")
def fixture_wrapped(demo):
    with Wrapped(demo, NAME) as wrapped:
        yield wrapped


@pytest.fixture(autouse=True)
def fixture_up(demo, wrapped):
    wrapped.fault("")
    demo.wait_state(NAME, "up")
    yield
    wrapped.fault("")


@pytest.mark.parametrize("call,step", CLIMB)
def test_hung_call_is_down_within_the_bound_and_named(demo, wrapped, call, step):
    before, bound = others(demo), demo.device(NAME)["detection_bound_ms"] / 1000
    at = datetime.datetime.now(datetime.timezone.utc).timestamp()
    if call not in ("C_Sign", "C_SignInit"):
        # only a climb comes here: the probe is taken away, and the next one hangs
        wrapped.fault(f"{call}:hang")
        demo.signal(demo.device(NAME)["probe_pid"], "SIGKILL")
    else:
        wrapped.fault(f"{call}:hang")
    device = demo.wait_state(NAME, "down", seconds=bound + 20)
    assert instant(device["state_since"]) - at <= bound + 1  # state_since is cut to the second
    assert (device["failed_step"], device["last_call"], device["reason"]) == (step, call, "timeout")
    assert device["last_call_duration_us"] >= (DEADLINE - 0.5) * 1e6, "it was given what was left of the deadline"
    assert "last_return" not in device, "a call that has not returned has no return"
    assert others(demo) == before, "no check of another machine was skipped, failed or started anew"
    wrapped.fault("")
    demo.wait_state(NAME, "up")


def test_machine_that_uses_most_of_its_deadline_is_not_down(demo, wrapped):
    wrapped.fault("C_Sign:slow=1000")
    probes = demo.device(NAME)["probes"]
    wait_until(lambda: demo.device(NAME)["probes"] >= probes + 2, 40, "two slow checks")
    assert demo.device(NAME)["state"] == "up"


def test_crash_in_a_call_is_the_machines_failure(demo, wrapped):
    restarts = demo.device(NAME)["probe_restarts"]
    wrapped.fault("C_Sign:crash")
    device = demo.wait_state(NAME, "down")
    assert (device["failed_step"], device["last_call"], device["reason"]) == ("sign", "C_Sign", "crashed")
    assert demo.device(NAME)["probe_restarts"] == restarts


def test_stop_in_a_call_is_the_machines_failure(demo, wrapped):
    wrapped.fault("C_Sign:stop")
    device = demo.wait_state(NAME, "down")
    assert (device["failed_step"], device["last_call"], device["reason"]) == ("sign", "C_Sign", "crashed")


def test_returned_error_is_named(demo, wrapped):
    wrapped.fault("C_Sign:rv=0x30")
    device = demo.wait_state(NAME, "down")
    assert (device["failed_step"], device["last_call"], device["last_return"]) == ("sign", "C_Sign", "CKR_DEVICE_ERROR")


def test_wrong_signature_is_down_at_once(demo, wrapped):
    failures = demo.device(NAME)["failures"]
    wrapped.fault("C_Sign:corrupt")
    device = demo.wait_state(NAME, "down", "wrong_signature")
    assert device["failed_step"] == "verify"
    assert demo.pool("bureau")["serving"] == 6
    # no second failure was needed; it may have come since
    attempts = [a for a in demo.attempts(NAME) if a["failed_step"] == "verify"]
    assert attempts and device["failures"] >= failures + 1


def test_nothing_remains_of_a_module_that_leaves_a_daemon(demo, wrapped):
    hsmd = demo.hsmd_pid()
    wrapped.fault("C_Initialize:fork")
    pid = demo.device(NAME)["probe_pid"]
    demo.signal(pid, "SIGKILL")
    wait_until(lambda: (d := demo.device(NAME)).get("probe_pid", 0) not in (0, pid) and d["state"] == "up", 30, "a new probe")
    probe = demo.device(NAME)["probe_pid"]
    left = wait_until(lambda: demo.children(probe), 10, "the module's daemon runs below the probe")
    wrapped.fault("")
    demo.signal(probe, "SIGKILL")
    wait_until(lambda: not any(demo.exists(p) for p in left), 10, "the daemon is gone")
    demo.wait_state(NAME, "up")
    assert demo.exists(hsmd)
