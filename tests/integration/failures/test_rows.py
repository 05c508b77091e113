"""The failure catalogue, a test a row (docs/failures.md): the fault is caused on a virtual machine, and hsmd must say the
right step, state and reason, and come back when the machine does."""
import os

import pytest

from hsmdtest.processes import identity
from hsmdtest.waiting import wait_until
from hsmdtest.watched import Key, Watched

SANITIZED = os.environ.get("HSMD_SANITIZE") == "1"


@pytest.fixture(name="w", scope="module")
def fixture_w():
    """Two machines of one pool with two keys of one kind; every test leaves them up."""
    with Watched(["one", "two"], keys=[Key("hsmd-probe"), Key("second")]) as watched:
        watched.up()
        yield watched


@pytest.fixture(autouse=True)
def fixture_clean(request):
    yield
    if "w" in request.fixturenames:
        w = request.getfixturevalue("w")
        for name in w.names:
            w.clear(name)
        w.up()


def down(w, step, reason, name="one"):
    device = w.wait(name, lambda d: d["state"] == "down", f"{name} is down")
    assert (device["failed_step"], device["reason"]) == (step, reason), device
    return device


def pid_of(device):
    return device.get("probe_pid", 0)


def new_process(w, name="one"):
    """The fault is seen by a fresh process alone."""
    os.kill(pid_of(w.wait(name, pid_of, f"{name} has a probe")), 9)


def back_in_a_new_process(w, cause, name="one"):
    """After the fault a new process serves, and the machine was never declared down."""
    before, said = w.device(name), len(w.log())
    cause()
    after = w.wait(name, lambda d: d["state"] == "up" and d["failures"] > before["failures"] and
                   pid_of(d) not in (pid_of(before), 0), f"{name} is up again in a new process")
    assert f"{name}): down" not in w.log()[said:]
    return before, after


def test_row_01_a_module_poisoned_by_a_restart_is_unloaded_and_serves_again(w):
    before = w.device("one")
    w.fault("one", "reboot", 1)
    after = w.wait("one", lambda d: d["state"] == "up" and pid_of(d) not in (pid_of(before), 0)
                   and d["failures"] > before["failures"], "one serves again after its restart")
    # the client that lost its machine never recovers: only a new process does
    assert after["failures"] - before["failures"] >= 1


def test_row_02_a_hanging_call_is_named_and_delays_nobody(w):
    before = w.device("two")
    w.fault("one", "hang", "C_Sign")
    device = down(w, "sign", "timeout")
    assert device["last_call"] == "C_Sign" and "last_return" not in device
    other = w.device("two")
    assert other["state"] == "up" and other["failures"] == before["failures"]
    assert other["checks_skipped"] == before["checks_skipped"] and other["probe_pid"] == before["probe_pid"]


def test_row_03_dead_sessions_are_given_up_with_their_process(w):
    _, after = back_in_a_new_process(w, lambda: w.fault("one", "idle-sessions"))
    assert after["last_return"] == "CKR_OK"


def test_row_04_a_handle_that_names_another_key_is_searched_again(w):
    before = w.device("one")
    w.fault("one", "swap-handles")
    device = w.wait("one", lambda d: d["probes"] > before["probes"] + 3, "four more checks")
    assert (device["state"], device["failures"]) == ("up", before["failures"])
    assert "wrong_signature" not in w.log()


def test_row_05_a_stale_slot_list_is_read_anew_by_a_new_process(w):
    back_in_a_new_process(w, lambda: w.fault("one", "stale-slots"))


def test_row_06_already_logged_in_is_a_login_proved_by_a_signature(w):
    w.fault("one", "already-logged-in")
    before = w.device("one")
    new_process(w)
    device = w.wait("one", lambda d: pid_of(d) not in (pid_of(before), 0) and d["state"] == "up"
                    and d["signs"] > before["signs"], "one is up in a new process")
    assert device["failures"] == before["failures"]


def test_row_07_our_sessions_stay_constant_and_a_used_up_limit_is_named(w):
    probes = w.device("one")["probes"]
    w.wait("one", lambda d: d["probes"] > probes + 10, "ten more checks")
    assert w.counters("one")["sessions"] == 1
    w.fault("one", "session-limit", 0)
    new_process(w)
    device = down(w, "session", "session_limit")
    assert device["last_return"] == "CKR_SESSION_COUNT"


def test_row_08_a_leaking_module_is_replaced_without_a_gap():
    with Watched(["one"], device={"one": 'recycle = { memory = "96 MiB"; descriptors = 64; age = "1 day"; };'}) as w:
        w.up()
        for kind, *amount in (("leak", 16 << 20), ("leak-fds",)):
            before = w.device("one")
            w.fault("one", kind, *amount)
            after = w.wait("one", lambda d, b=before: d["recycles"] > b["recycles"], f"{kind}: recycled", 60)
            w.clear("one")
            assert after["failures"] == before["failures"] and after["state"] == "up"
            assert after["probe_restarts"] == before["probe_restarts"]
        assert "): down" not in w.log() and "): suspect" not in w.log()
        wait_until(lambda: w.counters("one")["sessions"] == 1, 10, "one session is left")


def test_row_09_what_a_module_forks_does_not_outlive_its_probe(w):
    w.fault("one", "fork-daemon")
    before = w.device("one")
    new_process(w)
    w.wait("one", lambda d: pid_of(d) not in (pid_of(before), 0) and d["state"] == "up", "a new probe is up")
    daemon = wait_until(lambda: [p for p in processes_in(w.path("world", "one")) if p != pid_of(w.device("one"))],
                        10, "the module's daemon runs")
    w.clear("one")
    new_process(w)
    wait_until(lambda: not any(identity(p) for p in daemon), 10, "the daemon is gone with its probe")


def processes_in(directory):
    found = []
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and os.readlink(f"/proc/{entry}/cwd") == directory:
                found.append(int(entry))
        except OSError:
            continue
    return found


def test_row_10_a_module_is_initialized_once_in_a_process(w):
    w.machines["one"].control("reset-counters")
    before = w.device("one")
    new_process(w)
    w.wait("one", lambda d: d["probes"] > before["probes"] + 3 and d["state"] == "up", "three checks of a new process")
    assert w.device("one")["failures"] == before["failures"]


def test_row_11_a_session_left_active_is_dropped(w):
    before, after = back_in_a_new_process(w, lambda: w.fault("one", "operation-active"))
    assert after["failures"] == before["failures"] + 1


def test_row_12_one_label_on_two_machines_is_no_proof_of_one_key(w):
    w.fault("two", "other-key", "hsmd-probe")
    new_process(w, "two")
    device = w.wait("two", lambda d: d["state"] == "down", "two is down")
    assert device["failed_step"] == "verify" and device["reason"] in ("wrong_signature", "key_mismatch"), device
    assert w.device("one")["state"] == "up"
    key = next(k for k in w.table("keys")["pool_keys"] if k["label"] == "hsmd-probe")
    assert key["state"] == "different"


def test_row_13_a_signer_that_fails_does_not_stay_in_service(w):
    w.fault("one", "sign-error")
    device = down(w, "sign", "call_failed")
    assert (device["last_call"], device["last_return"]) == ("C_Sign", "CKR_DEVICE_ERROR")


def test_row_14_each_key_is_touched_not_just_the_first(w):
    w.fault("one", "sign-error", "second")
    device = w.wait("one", lambda d: d["state"] == "degraded", "one is degraded")
    assert device["reason"] == "key_failing" and "second" in device["detail"]
    w.clear("one")
    w.up("one")
    w.fault("one", "missing-key", "second")
    device = w.wait("one", lambda d: d["state"] == "degraded", "one is degraded")
    assert device["reason"] == "key_missing" and "second" in device["detail"]


def test_row_16_a_client_that_asks_another_machine_is_found_out(w):
    said = len(w.log())
    w.fault("one", "wrong-serial", "VHSM999999999999")
    # the probe that holds a session sees another serial; the one after it does not find its own
    down(w, "slot", "not_found")
    first = next(line for line in w.log()[said:].splitlines() if "one (one): suspect" in line)
    assert "serial_mismatch" in first and "VHSM999999999999" in first


def test_row_17_a_wrong_pin_is_tried_once():
    with Watched(["one"]) as w:
        w.up()
        w.fault("one", "pin-changed", "11112222")
        new_process(w)
        down(w, "login", "pin_refused")
        probes = w.device("one")["probes"]
        w.wait("one", lambda d: d["probes"] > probes + 5, "five more attempts")
        assert w.counters("one")["login_wrong"] == 1


def test_row_17_a_locked_token_is_not_asked():
    with Watched(["one"]) as w:
        w.up()
        w.fault("one", "pin-locked")
        logins = w.counters("one").get("C_Login", 0)
        new_process(w)
        down(w, "login", "pin_locked")
        assert w.counters("one").get("C_Login", 0) == logins


def test_row_18_a_wrong_signature_is_critical_at_once(w):
    before = w.device("one")
    w.fault("one", "wrong-signature")
    device = down(w, "verify", "wrong_signature")
    assert device["failures"] >= before["failures"] + 1
    lines = [line for line in w.log().splitlines() if "one (one): " in line and "wrong_signature" in line]
    assert "down" in lines[0].split(";")[0], lines[0]  # no suspect before
    # to a new process it is no mistake of the profile: the key was right before
    w.wait("one", lambda d: d["probes"] > device["probes"] + 3, "three more climbs")
    assert w.device("one")["reason"] == "wrong_signature" and "profile_mismatch" not in w.log()


def test_row_19_attributes_of_absurd_lengths_are_none(w):
    w.fault("one", "garbage", "C_GetAttributeValue")
    before = w.device("one")
    new_process(w)
    device = w.wait("one", lambda d: pid_of(d) not in (pid_of(before), 0) and d["probes"] > before["probes"] + 2, "checks go on")
    assert device["state"] == "up"  # by its pinned public key
    assert "fingerprint" not in next(k for k in device["keys"] if k["label"] == "hsmd-probe")


@pytest.mark.parametrize("call", ["C_FindObjects", "C_Sign", "C_GetSlotList"])
def test_row_19_absurd_lengths_end_at_most_the_probe(w, call):
    pid = w.process.pid
    w.fault("one", "garbage", call)
    new_process(w)
    w.wait("one", lambda d: d["state"] == "down", "one is down")
    assert w.process.poll() is None and w.process.pid == pid
    assert w.device("two")["state"] == "up"


def test_row_19_a_truncated_reply_is_an_error_of_its_call(w):
    w.fault("one", "truncate", "C_Sign")
    device = w.wait("one", lambda d: d["state"] == "down", "one is down")
    assert device["failed_step"] == "sign" and device["last_call"] in ("C_Sign", "C_SignInit")


def test_row_19_a_module_that_crashes_takes_its_probe_alone(w):
    w.fault("one", "segfault", "C_Sign")
    device = down(w, "sign", "crashed")
    assert device["last_call"] == "C_Sign"
    assert w.device("two")["state"] == "up"


def test_row_20_a_stuck_random_generator_is_noticed(w):
    w.fault("one", "random", "stuck")
    device = w.wait("one", lambda d: d["state"] == "degraded", "one is degraded")
    assert device["reason"] == "random_weak"


def test_row_20_a_biased_random_generator_is_noticed():
    with Watched(["one"], timing={"interval": 100}) as w:
        w.up()
        w.fault("one", "random", "biased")
        device = w.wait("one", lambda d: d["state"] == "degraded", "one is degraded", 120)
        assert device["reason"] == "random_weak"


def test_row_21_a_half_open_connection_is_a_hang_that_names_its_call(w):
    w.fault("one", "half-open")
    device = w.wait("one", lambda d: d["state"] == "down", "one is down")
    assert device["reason"] == "timeout" and device["last_call"].startswith("C_")


@pytest.mark.skipif(SANITIZED, reason="AddressSanitizer refuses RTLD_DEEPBIND")
def test_row_29_a_module_with_libcrypto_s_names_gets_its_own():
    def without_the_switch(w):
        w.device_entry = lambda number, name: Watched.device_entry(w, number, name).replace('VHSM_NO_CLASH = "1";', "")
        return w

    with without_the_switch(Watched(["one"])) as w:
        w.up()
    with without_the_switch(Watched(["one"], device={"one": "deepbind = false;"})) as w:
        down(w, "initialize", "call_failed")


def test_row_30_a_repeated_nonce_is_critical_at_once(w):
    w.fault("one", "repeat-nonce")
    device = down(w, "sign", "nonce_repeated")
    assert "nonce" in device["detail"]
    # each new process sees it by its first signature: it does not come back for a moment
    said, probes = len(w.log()), device["probes"]
    w.wait("one", lambda d: d["probes"] > probes + 4, "four more climbs")
    assert "one (one): recovering" not in w.log()[said:]
