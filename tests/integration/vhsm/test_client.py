"""The client module has the bad habits of vendors' modules, each where it is asked for and nowhere else."""
import os
import platform
import random
import signal
import socket
import struct
import subprocess
import threading

import pytest

from clienttest import (DEVICE_ERROR, FUNCTION_FAILED, FUNCTION_NOT_PARALLEL, FUNCTION_NOT_SUPPORTED, GENERAL_ERROR,
                        NOT_INITIALIZED, OK, PIN, SESSION_HANDLE_INVALID, SLOT_ID_INVALID, Machines, kill)
from hsmdtest.processes import descendants, identity, stat_fields, state
from hsmdtest.waiting import wait_until

SANITIZED = os.environ.get("HSMD_SANITIZE") == "1"
# pause(), which architectures without it make of ppoll()
PAUSE = {"x86_64": "34", "aarch64": "73"}

USED = """Initialize Finalize GetInfo GetSlotList GetSlotInfo GetTokenInfo GetMechanismList GetMechanismInfo OpenSession
CloseSession CloseAllSessions GetSessionInfo Login Logout GetAttributeValue FindObjectsInit FindObjects FindObjectsFinal
EncryptInit Encrypt DecryptInit Decrypt DigestInit Digest SignInit Sign GenerateRandom""".split()
# what would change the machine, and what it has not
REFUSED = """InitToken InitPIN SetPIN GetOperationState SetOperationState CreateObject CopyObject DestroyObject GetObjectSize
SetAttributeValue EncryptUpdate EncryptFinal DecryptUpdate DecryptFinal DigestUpdate DigestKey DigestFinal SignUpdate SignFinal
SignRecoverInit SignRecover VerifyInit Verify VerifyUpdate VerifyFinal VerifyRecoverInit VerifyRecover DigestEncryptUpdate
DecryptDigestUpdate SignEncryptUpdate DecryptVerifyUpdate GenerateKey GenerateKeyPair WrapKey UnwrapKey DeriveKey SeedRandom
WaitForSlotEvent""".split()
PARALLEL = ["GetFunctionStatus", "CancelFunction"]


@pytest.fixture(name="m", scope="module")
def fixture_m():
    with Machines("one", "two") as machines:
        yield machines


@pytest.fixture(autouse=True)
def fixture_clean(request):
    yield
    if "m" in request.fixturenames:
        machines = request.getfixturevalue("m")
        while machines.applications:
            machines.applications.pop().end()
        for name in ("one", "two"):
            machines[name].control("clear")


def fault(m, *words):
    m["one"].control("fault", *words)


def serial(app):
    app("slots", "present")
    return app("token")[2]


def test_every_function_of_the_standard_is_in_the_list(m):
    app = m.application()
    missing = [name for name in USED + REFUSED + PARALLEL if app("has", "C_" + name) != (OK, "1")]
    assert not missing and len(USED + REFUSED + PARALLEL) == 67  # and C_GetFunctionList, which was called


def test_what_would_change_the_machine_is_counted_and_refused(m):
    app = m.application().ready()
    before = m["one"].control("objects")
    m["one"].control("reset-counters")
    for name in REFUSED:
        assert app("call", "C_" + name) == (FUNCTION_NOT_SUPPORTED,), name
    for name in PARALLEL:
        assert app("call", "C_" + name) == (FUNCTION_NOT_PARALLEL,), name
    counters = m["one"].control("counters")
    assert [name for name in REFUSED + PARALLEL if counters.get("C_" + name) != 1] == []
    assert m["one"].control("objects") == before


def test_nothing_works_before_initialize_and_after_finalize(m):
    app = m.application()
    calls = (("slots", "present"), ("token",), ("open",), ("length",), ("finalize",))
    for words in calls:
        assert app(*words)[0] == NOT_INITIALIZED, words
    app.ready()
    assert app("finalize") == (OK,)
    for words in (*calls, ("sign",)):
        assert app(*words)[0] == NOT_INITIALIZED, words


def test_a_module_that_was_finalized_can_be_used_again(m):
    app = m.application().ready()
    assert app("finalize") == (OK,)
    assert app.ready()("sign") == (OK, "64")


def test_an_initialize_that_failed_can_be_tried_again(m):
    fault(m, "truncate", "C_Initialize")
    app = m.application()
    assert app("initialize") == (DEVICE_ERROR,) and app("slots", "present")[0] == NOT_INITIALIZED
    m["one"].control("clear")
    assert app.ready()("sign") == (OK, "64")


def test_a_lost_connection_poisons_the_process_and_no_other(m):
    app = m.application().ready()
    fault(m, "unplug")
    assert app("sign")[0] == DEVICE_ERROR
    m["one"].control("clear")
    for words in (("sign",), ("length",), ("slots", "present"), ("token",), ("open",), ("random", 16)):
        assert app(*words)[0] == DEVICE_ERROR, words
    app("finalize")
    assert app("initialize") == (DEVICE_ERROR,)
    assert app("reload") == (OK,)
    assert app("initialize") == (DEVICE_ERROR,)
    assert m.application().ready()("sign") == (OK, "64")


def test_a_second_initialize_waits_for_ever(m):
    app = m.application()
    assert app("initialize") == (OK,)
    app.send("initialize")

    def pauses():
        with open(f"/proc/{app.pid}/syscall", encoding="ascii") as file:
            return file.read().split()[0] == PAUSE[platform.machine()]

    wait_until(pauses, 10, "the application is in pause()")
    assert m["one"].control("counters")["C_Initialize"] >= 1 and app.process.poll() is None


def test_a_pool_hides_that_its_first_machine_is_gone(m):
    assert serial(m.application("one", "two").ready()) == "VHSM000000000001"
    fault(m, "unplug")
    assert serial(m.application("one", "two").ready()) == "VHSM000000000002"
    assert m.application("one")("initialize") == (DEVICE_ERROR,)


def test_without_its_variable_it_reads_a_fixed_path(m):
    script = 'mount -t tmpfs none /etc && mkdir /etc/vhsm && cp "$0" /etc/vhsm/client.conf && exec "$@"'
    prefix = ["/usr/bin/unshare", "--map-root-user", "--mount", "/bin/sh", "-c", script, m.configuration("two")]
    if subprocess.run([*prefix, "true"], check=False, env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}).returncode != 0:
        pytest.skip("no mount namespace to be had here")
    app = m.application(prefix=["/usr/bin/env", "-u", "VHSM_CLIENT", "PATH=/usr/bin:/bin:/usr/sbin:/sbin", *prefix])
    assert serial(app.ready()) == "VHSM000000000002"


def test_it_insists_on_its_log_in_the_working_directory(m):
    app = m.application()
    os.mkdir(os.path.join(app.directory, "vhsm-client.log"))
    assert app("initialize") == (GENERAL_ERROR,)
    os.rmdir(os.path.join(app.directory, "vhsm-client.log"))
    assert app("initialize") == (OK,)
    with open(os.path.join(app.directory, "vhsm-client.log"), encoding="ascii") as file:
        assert file.read() == f"process {app.pid}\n"


def test_the_slot_list_is_read_once(m):
    app = m.application()
    app("initialize")
    _, n, slot = app("slots", "present")
    assert n == "1" and int(app("slots", "all")[1]) > 1
    m["one"].control("reset-counters")
    fault(m, "stale-slots")
    assert app("slots", "present") == (OK, "1", slot) and app("token")[0] == SLOT_ID_INVALID
    assert "C_GetSlotList" not in m["one"].control("counters")
    fresh = m.application()
    fresh("initialize")
    assert fresh("slots", "present")[2] != slot and fresh("token")[0] == OK


def test_its_function_named_as_libcrypto_s_is_not_its_own_with_libcrypto_there(m):
    clash = {"VHSM_NO_CLASH": ""}
    app = m.application(options=["--libcrypto"], environment={"VHSM_NO_CLASH": "1"})
    assert app("initialize") == (OK,)
    app = m.application(options=["--libcrypto"], prefix=["/usr/bin/env", "-u", "VHSM_NO_CLASH"], environment=clash)
    assert app("initialize") == (FUNCTION_FAILED,)
    app = m.application(prefix=["/usr/bin/env", "-u", "VHSM_NO_CLASH"], environment=clash)
    assert app("initialize") == (OK,)


@pytest.mark.skipif(SANITIZED, reason="AddressSanitizer refuses RTLD_DEEPBIND")
def test_its_function_named_as_libcrypto_s_is_its_own_with_deepbind(m):
    app = m.application(options=["--libcrypto", "--deepbind"], prefix=["/usr/bin/env", "-u", "VHSM_NO_CLASH"])
    assert app("initialize") == (OK,)


def test_each_session_has_its_own_connection_and_thread(m):
    app = m.application().ready()
    m["one"].control("reset-counters")
    before = app.descriptors()
    assert app("threads", 8) == (OK,)
    counters = m["one"].control("counters")
    assert (counters["C_Sign"], counters["C_OpenSession"], counters["sessions"]) == (160, 8, 1)
    assert app.descriptors() == before
    for n in range(1, 4):
        assert app("open")[0] == OK and app.descriptors() == before + n
    assert app("close-all") == (OK,)
    assert app.descriptors() == before - 1 and m["one"].control("counters")["sessions"] == 0


def test_a_session_that_hangs_delays_no_other(m):
    app = m.application().ready()
    fault(m, "hang", "C_GenerateRandom")
    app("beside")
    wait_until(lambda: m["one"].control("counters").get("C_GenerateRandom"), 10, "the call is with the machine")
    assert app("open")[0] == OK and app("sign") == (OK, "64")


def test_a_login_is_one_process_s(m):
    app = m.application().ready()
    assert app("open")[0] == OK
    user = app("session")
    other = m.application()
    for words in (("initialize",), ("slots", "present"), ("open",)):
        assert other(*words)[0] == OK
    assert user == (OK, "1") and other("session") == (OK, "0")


def test_sessions_that_died_idle_poison_the_process(m):
    app = m.application().ready()
    fault(m, "idle-sessions")
    assert app("sign")[0] == SESSION_HANDLE_INVALID
    assert app("open")[0] == DEVICE_ERROR


def test_a_reply_cut_off_is_an_error_of_its_call(m):
    app = m.application().ready()
    fault(m, "truncate", "C_Sign")
    assert app("sign")[0] == DEVICE_ERROR


@pytest.mark.parametrize("call, words", [("C_Sign", "sign"), ("C_OpenSession", "open"), ("C_GetTokenInfo", "token")])
def test_segfault_crashes_in_that_call(m, call, words):
    app = m.application().ready()
    fault(m, "segfault", call)
    assert app("random", 16)[0] == OK  # whose reply tells the client
    app.send(words)
    assert app.ended() == -signal.SIGSEGV


def test_a_fault_that_was_cleared_is_told_to_the_client_too(m):
    app = m.application().ready()
    fault(m, "segfault", "C_Sign")
    assert app("random", 16)[0] == OK
    m["one"].control("clear")
    assert app("random", 16)[0] == OK and app("sign") == (OK, "64")


def test_spin_burns_the_processor(m):
    app = m.application().ready()
    fault(m, "spin", "C_Sign")
    assert app("random", 16)[0] == OK
    app.send("sign")

    def ticks():
        return int(stat_fields(app.pid)[11])

    start = wait_until(lambda: state(app.pid) == "R" and ticks() + 1, 10, "it runs")
    wait_until(lambda: ticks() >= start + 20, 20, "200 ms of the processor are gone")
    assert "C_Sign" not in m["one"].control("counters") or app.process.poll() is None


def test_leak_takes_memory_with_each_signature(m):
    def resident():
        with open(f"/proc/{app.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    app = m.application().ready()
    fault(m, "leak", 4 << 20)
    assert app("random", 16)[0] == OK
    before = resident()
    for _ in range(5):
        assert app("sign") == (OK, "64")
    assert resident() - before >= 5 * (4 << 20) - (1 << 20)


def test_leak_fds_takes_one_descriptor_with_each_signature(m):
    app = m.application().ready()
    fault(m, "leak-fds")
    assert app("random", 16)[0] == OK
    before = app.descriptors()
    for n in range(1, 6):
        assert app("sign") == (OK, "64") and app.descriptors() == before + n


def test_fork_daemon_leaves_one_that_does_not_listen(m):
    fault(m, "fork-daemon")
    app = m.application()
    assert app("initialize") == (OK,)
    (daemon,) = descendants(app.pid)

    def ignores_sigterm():
        with open(f"/proc/{daemon[0]}/status", encoding="ascii") as file:
            ignored = next(line.split()[1] for line in file if line.startswith("SigIgn"))
        return int(ignored, 16) >> (signal.SIGTERM - 1) & 1

    try:
        wait_until(ignores_sigterm, 10, "the daemon ignores SIGTERM")
        assert os.getsid(daemon[0]) == daemon[0]
        # it keeps every descriptor, the connection among them
        assert [os.readlink(f"/proc/{daemon[0]}/fd/{n}") for n in (0, 1)] == \
            [os.readlink(f"/proc/{app.pid}/fd/{n}") for n in (0, 1)]
        assert any(os.readlink(f"/proc/{daemon[0]}/fd/{n}").startswith("socket:")
                   for n in os.listdir(f"/proc/{daemon[0]}/fd"))
        app.end()
        assert identity(daemon[0]) == daemon
    finally:
        kill(daemon[0])


@pytest.mark.parametrize("call, words, least", [
    ("C_Sign", ("sign",), 512), ("C_GetAttributeValue", ("attribute",), 256), ("C_FindObjects", ("find", "key"), 2),
    ("C_GetSlotList", ("slots", "present"), 16), ("C_GetMechanismList", ("mechanisms",), 64)])
def test_garbage_says_more_than_there_is_room_for(m, call, words, least):
    app = m.application().ready()
    fault(m, "garbage", call)
    assert app("random", 16)[0] == OK
    value, number, *_ = app(*words)
    assert value == OK and int(number) > least


def test_garbage_of_a_token_is_no_text(m):
    app = m.application().ready()
    fault(m, "garbage", "C_GetTokenInfo")
    assert app("random", 16)[0] == OK and app("token")[:2] == (OK, "ff")


def test_a_function_can_be_missing_in_the_list(m):
    app = m.application(environment={"VHSM_WITHOUT": "C_Sign"})
    assert app("has", "C_Sign") == (OK, "0") and app("has", "C_SignInit") == (OK, "1")


def test_a_reply_without_its_results_is_an_error(m):
    """As of a machine of another version."""
    class Empty(Hostile):
        def reply(self):
            return struct.pack(">IQII", 16, OK, 0, 0), True

    empty = Empty(m.path("empty"), 0)
    app = m.application("empty")
    try:
        assert app("initialize") == (OK,)
        for words in (("slots", "present"), ("token",), ("mechanisms",), ("open",)):
            assert app(*words)[0] == DEVICE_ERROR, words
    finally:
        empty.close()


class Hostile:
    """A machine that answers what it likes: frames, some of them whole, of a seed."""

    def __init__(self, directory, seed):
        self.random = random.Random(seed)
        self.listener = socket.create_server(("127.0.0.1", 0))
        os.makedirs(directory)
        with open(os.path.join(directory, "port"), "w", encoding="ascii") as file:
            file.write(f"{self.listener.getsockname()[1]}\n")
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection:
            try:
                whole = True
                while whole and connection.recv(65536):
                    reply, whole = self.reply()
                    connection.sendall(reply)
            except OSError:
                return

    def reply(self):
        """A frame, and whether another may follow."""
        r = self.random
        if r.random() < 0.03:
            return r.choice([b"\xff" * 4, b"\0" * 4, b"\0\0\0\x40short"]), False
        directives = r.choice([0, 0, 0, 0xffffffff])
        results = r.randbytes(r.randrange(80))
        if directives == 0:  # or they would be taken for some, and obeyed
            numbers = [r.choice([0, 1, 2, 3, 7, 63, 0x7fffffff, 0xffffffff]) for _ in range(r.randrange(24))]
            results = struct.pack(f">{len(numbers)}I", *numbers) + results
        body = struct.pack(">QII", r.choice([0, 0, 0, 0, 0x12]), directives, len(results)) + results
        return struct.pack(">I", len(body)) + body, True

    def close(self):
        self.listener.close()


@pytest.mark.parametrize("seed", range(40))
def test_replies_of_a_hostile_machine_are_errors_at_worst(m, seed):
    hostile = Hostile(m.path(f"hostile-{seed}"), seed)
    app = m.application(f"hostile-{seed}")
    try:
        for words in (("initialize",), ("slots", "all"), ("slots", "present"), ("token",), ("mechanisms",), ("open",),
                      ("login", PIN), ("session",), ("find", "key"), ("attribute",), ("sign",), ("random", 64), ("close",),
                      ("open",), ("close-all",), ("finalize",)):
            value, *rest = app(*words)
            assert words[0] != "find" or value != OK or int(rest[0]) <= 2, "more than was asked for"
        app.process.stdin.close()
        assert app.ended() == 0
    finally:
        hostile.close()
