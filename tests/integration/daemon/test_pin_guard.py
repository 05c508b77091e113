"""The PIN guard against virtual cipher machines: whatever befalls hsmd, one C_Login with a wrong PIN reaches a machine, and a
PIN that is new to a pool is tried on one member first. The machines' own counters are the witnesses."""
import contextlib
import os
import shutil
import signal

import pytest

from hsmdtest.demo import LONG
from hsmdtest.processes import alive, descendants
from hsmdtest.waiting import wait_until
from hsmdtest.watched import PIN, Key, Watched

RESTARTS, INTERVALS = (20, 1000) if LONG else (3, 20)
WRONG = "not-the-pin"
TIMING = dict(interval=100, jitter=0, deadline=1500, fast_interval=50)
POOL = ["one", "two", "three"]


class Guarded(Watched):
    """Machines whose PIN flags say nothing, and a PIN of the test's choice in hsmd's hands."""

    def __init__(self, names=("one",), pin=PIN, **options):
        options.setdefault("timing", TIMING)
        options.setdefault("machine", {"*": {"pin_flags": "false"}})
        super().__init__(names, personality="standard", keys=[Key("hsmd-probe", "rsa")], **options)
        self.first_pin = pin

    def write_configuration(self, timing=None):
        super().write_configuration(timing)
        self.write_pin(self.first_pin)

    def write_pin(self, pin):
        with open(self.path("pin.new"), "w", encoding="ascii", opener=lambda p, f: os.open(p, f, 0o600)) as file:
            file.write(pin + "\n")
        os.replace(self.path("pin.new"), self.path("pin"))

    def logins(self, name="one"):
        """How many C_Login have reached the machine."""
        return self.counters(name).get("C_Login", 0)

    def all_logins(self):
        return [self.logins(name) for name in self.names]

    def refused(self, name="one"):
        return self.wait(name, lambda d: (d["state"], d.get("reason")) == ("down", "pin_refused"), f"{name}: PIN refused")

    def more_attempts(self, n, name="one"):
        first = self.device(name)["probes"]
        self.wait(name, lambda d: d["probes"] >= first + n, f"{n} more attempts on {name}", 30 + n)

    def kill_all(self):
        """SIGKILL to hsmd and everything below it, as when the host goes."""
        victims = descendants(self.process.pid)
        self.process.kill()
        for pid, _ in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(20)
        wait_until(lambda: not alive(victims), 20, "hsmd and its workers have ended")

    def note(self, name="one"):
        return self.path("state", "guard", name)


def wait_for_login(w, n, name="one"):
    wait_until(lambda: w.logins(name) == n, 20, f"C_Login number {n} has reached {name}")


# --- one machine

def test_crash_inside_login_is_the_only_attempt_over_restarts_and_intervals():
    with Guarded(pin=WRONG, faults={"one": [("hang", "C_Login")]}) as w:
        wait_for_login(w, 1)
        w.kill_all()
        for _ in range(RESTARTS):
            w.start()
            assert "hsmctl pin retry one" in w.refused()["detail"]
            w.more_attempts(2)
            w.kill_all()
        w.clear("one")
        w.start()
        w.refused()
        w.more_attempts(INTERVALS)
        assert w.logins() == 1
        # the right PIN is another PIN: one new attempt, by itself
        w.write_pin(PIN)
        w.up()
        assert (w.logins(), w.counters("one")["login_ok"]) == (2, 1)


def test_refused_pin_is_not_sent_again_over_restarts():
    with Guarded(pin=WRONG) as w:
        for how in ["SIGKILL", "SIGTERM", "SIGKILL"]:
            w.refused()
            w.more_attempts(2)
            w.stop(how)
            w.start()
        w.refused()
        assert (w.logins(), w.counters("one")["login_wrong"]) == (1, 1)


def test_crash_inside_login_with_a_proven_pin_blocks_nothing():
    with Guarded() as w:
        w.up()
        w.kill_all()
        w.fault("one", "hang", "C_Login")
        w.start()
        wait_for_login(w, 2)
        w.kill_all()
        w.clear("one")
        w.start()
        w.up()


@pytest.mark.parametrize("counted", [False, True])
def test_crash_inside_login_is_undone_by_flags_that_can_be_believed(counted):
    class Truthful(Guarded):
        def write_configuration(self, timing=None):
            os.unlink(self.path("vendors"))
            os.mkdir(self.path("vendors"))
            with open(self.path("vendors", "truthful.conf"), "w", encoding="ascii") as file:
                file.write("truthful_pin_flags = true;\n")
            super().write_configuration(timing)

    with Truthful(vendor="truthful", machine={"*": {"pin_flags": "true"}}, pin=WRONG if counted else PIN,
                  faults={"one": [("hang", "C_Login")]}) as w:
        wait_for_login(w, 1)
        w.kill_all()
        w.clear("one")
        w.start()
        if not counted:
            w.up()
            assert w.logins() == 2
            return
        # the machine never saw that PIN to its end: it may be sent once more, is counted, and that is all
        w.refused()
        w.more_attempts(2)
        w.stop("SIGKILL")
        w.start()
        w.refused()
        assert (w.logins(), w.counters("one")["login_wrong"]) == (2, 1)


def test_pin_changed_on_the_machine_is_not_found_out_again_and_again_by_new_probes():
    with Guarded(device={"*": "recycle = { age = 300; };"}) as w:
        w.up()
        wait_until(lambda: w.counters("one")["login_ok"] >= 2, 30, "a second probe has logged in")
        w.fault("one", "pin-changed", "another-pin")
        wait_until(lambda: w.counters("one")["login_wrong"] == 1, 30, "a new probe meets the new PIN")
        w.more_attempts(20)
        os.kill(w.device("one")["probe_pid"], signal.SIGKILL)
        w.refused()
        w.more_attempts(3)
        assert w.counters("one")["login_wrong"] == 1


# --- the guard itself

def test_damaged_note_closes_the_guard_until_it_is_removed():
    with Guarded() as w:
        w.up()
        w.stop()
        with open(w.note(), "r+b") as file:
            file.truncate(os.path.getsize(w.note()) // 2)
        logins = w.logins()
        w.start()
        device = w.wait("one", lambda d: d.get("reason") == "guard_unreadable", "the guard is closed")
        assert "guard/one is damaged" in device["detail"]
        w.more_attempts(2)
        assert w.logins() == logins
        os.unlink(w.note())
        w.up()
        assert w.logins() == logins + 1


def test_lost_host_key_closes_the_guard_instead_of_forgetting_what_was_refused():
    with Guarded(pin=WRONG) as w:
        w.refused()
        w.stop()
        os.rename(w.path("state", "host.key"), w.path("host.key"))
        w.start()
        device = w.wait("one", lambda d: d.get("reason") == "guard_unreadable", "the guard is closed")
        assert "host.key is gone" in device["detail"]
        w.more_attempts(2)
        w.stop()
        os.rename(w.path("host.key"), w.path("state", "host.key"))
        w.start()
        w.refused()
        assert w.logins() == 1


def test_stalled_disk_keeps_an_unproven_pin_back():
    with Guarded(pin=WRONG) as w:
        w.refused()
        w.stop()
        w.write_pin(PIN)
        # opened for writing, a FIFO that nobody reads blocks as a stalled disk does
        os.mkfifo(w.note() + ".new", 0o600)
        w.start()
        device = w.wait("one", lambda d: d.get("reason") == "no_evidence", "nothing is known of one")
        assert (device["state"], w.logins()) == ("unknown", 1)
        assert device["probe_restarts"] == 0  # its probe waits
        os.close(os.open(w.note() + ".new", os.O_RDONLY | os.O_NONBLOCK))
        w.up()
        assert w.logins() == 2


# --- a pool

def test_wrong_pin_new_to_a_pool_reaches_one_member_alone():
    with Guarded(POOL, pin=WRONG) as w:
        for name in POOL:
            w.refused(name)
        tried = next(name for name in POOL if w.logins(name))
        for name in POOL:
            w.more_attempts(2, name)
            assert name == tried or f"refused on {tried}" in w.device(name)["detail"]
        w.stop("SIGKILL")
        w.start()
        for name in POOL:
            w.refused(name)
        assert sorted(w.all_logins()) == [0, 0, 1]
        w.write_pin(PIN)
        w.up()
        assert sorted(w.all_logins()) == [1, 1, 2]


def test_members_wait_for_the_trial_of_a_new_pin():
    with Guarded(POOL, timing=dict(TIMING, deadline=4000), faults={n: [("hang", "C_Login")] for n in POOL}) as w:
        wait_until(lambda: sum(w.all_logins()) == 1, 20, "one member is tried")
        tried = next(name for name in POOL if w.logins(name))
        others = [name for name in POOL if name != tried]
        for name in others:
            device = w.wait(name, lambda d: d.get("reason") == "pin_waiting", f"{name} waits")
            assert device["state"] == "unknown" and f"tried on {tried} first" in device["detail"]
        assert sum(w.all_logins()) == 1
        for name in POOL:
            w.clear(name)
        # its trial is never answered: it is blocked alone, and the next one is tried
        w.up(*others)
        w.refused(tried)
        assert w.all_logins() == [1, 1, 1]


def test_trial_passes_on_when_its_member_is_removed():
    with Guarded(POOL, timing=dict(TIMING, deadline=20000), faults={n: [("hang", "C_Login")] for n in POOL}) as w:
        wait_until(lambda: sum(w.all_logins()) == 1, 20, "one member is tried")
        tried = next(name for name in POOL if w.logins(name))
        for name in POOL:
            w.clear(name)
        others = [name for name in POOL if name != tried]
        with open(w.path("hsmd.conf"), encoding="utf-8") as file:
            text = file.read()
        start, end = text.index("devices = ("), text.rindex(" );")
        entries = [e for e in text[start + len("devices = ("):end].split(",\n") if f'name = "{tried}"' not in e]
        with open(w.path("hsmd.conf"), "w", encoding="utf-8") as file:
            file.write(text[:start] + "devices = (" + ",\n".join(entries) + text[end:])
        w.reload()
        w.up(*others)
        assert w.all_logins() == [1, 1, 1]


# --- an operator's word

def retry(w, name="one"):
    status, said = w.attempt("pin", "retry", name)
    assert status == 0, said


def test_operator_allows_exactly_one_more_attempt():
    with Guarded(pin=WRONG) as w:
        w.refused()
        for n in (2, 3):
            retry(w)
            wait_for_login(w, n)
            w.refused()
            w.more_attempts(3)
            w.stop("SIGKILL")
            w.start()
            w.refused()
            assert (w.logins(), w.counters("one")["login_wrong"]) == (n, n)
        w.fault("one", "pin-changed", WRONG)  # now it is the right one
        w.more_attempts(3)
        assert w.logins() == 3
        retry(w)
        w.up()
        # a proven PIN may be sent again: a probe that is late on a busy host is replaced
        assert w.logins() >= 4 and w.counters("one")["login_wrong"] == 3
        assert "one more attempt with the PIN" in w.log()


def test_operators_word_for_one_member_frees_the_pool_only_when_it_succeeds():
    with Guarded(POOL, pin=WRONG) as w:
        for name in POOL:
            w.refused(name)
        before = w.all_logins()
        other = POOL[before.index(0)]
        retry(w, other)
        wait_for_login(w, 1, other)
        for name in POOL:
            w.more_attempts(3, name)
        assert sorted(w.all_logins()) == [0, 1, 1]
        w.fault(other, "pin-changed", WRONG)
        last = POOL[w.all_logins().index(0)]
        w.fault(last, "pin-changed", WRONG)
        retry(w, other)
        w.up(other, last)
        assert w.logins(last) == 1


def test_no_operator_can_allow_what_the_token_forbids():
    with Guarded(pin=WRONG, machine={"*": {"pin_flags": "true", "pin_tries": "2"}}) as w:
        w.wait("one", lambda d: d.get("reason") == "pin_final_try", "one try is left")
        status, said = w.attempt("pin", "retry", "one")
        assert status != 0 and "one try is left" in said, said
        w.fault("one", "pin-locked")
        w.wait("one", lambda d: d.get("reason") == "pin_locked", "the PIN is locked")
        status, said = w.attempt("pin", "retry", "one")
        assert status != 0 and "locked" in said and "security officer" in said, said
        assert w.logins() == 1
        status, said = w.attempt("pin", "retry", "nobody")
        assert status != 0 and "nobody" in said, said


def test_pin_that_is_not_blocked_needs_no_word():
    with Guarded() as w:
        w.up()
        status, said = w.attempt("pin", "retry", "one")
        assert status != 0 and "not blocked" in said, said
