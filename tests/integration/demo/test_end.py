"""However a demo ends, its status is right and nothing of it remains: no process, no directory."""
import fcntl
import os
import pty
import select
import signal
import subprocess
import time

import pytest

from hsmdtest.demo import DEMO, ROOT, Demo
from hsmdtest.processes import alive, descendants, identity, stat_fields
from hsmdtest.waiting import wait_until

RUNS = os.path.join(ROOT, ".demo")


def runs():
    return {name for name in os.listdir(RUNS) if name.startswith("run-")}


def assert_nothing_remains(demo, processes):
    wait_until(lambda: not alive(processes), 15, "every process of the demo has ended")
    wait_until(lambda: not os.path.exists(demo.run_directory), 15, "its directory is removed")


def test_command_status_is_passed_on():
    done = subprocess.run([DEMO, "--devices", "1", "--", "sh", "-c", "echo said; exit 7"], capture_output=True, text=True,
                          check=False)
    assert (done.returncode, done.stdout) == (7, "said\n"), done.stderr


def test_unknown_command_is_named():
    done = subprocess.run([DEMO, "--devices", "1", "--", "no-such-command"], capture_output=True, text=True, check=False)
    assert done.returncode == 127
    assert "no-such-command" in done.stderr


def test_nothing_remains_after_the_command_ended():
    with Demo("--devices", "2") as demo:
        processes = demo.processes()
        names = demo.run("ps", "-o", "comm=", "-p", ",".join(str(pid) for pid, _ in processes)).split()
        assert {"hsmd", "snmpd", "vhsm-server", "hsmd-probe", "hsmd-snmp"} <= set(names)
        assert demo.end() == 0
        assert_nothing_remains(demo, processes)


@pytest.mark.parametrize("name, status", [("SIGTERM", 143), ("SIGINT", 130), ("SIGHUP", 129), ("SIGKILL", -9)])
def test_nothing_remains_after_a_signal(name, status):
    with Demo("--devices", "2") as demo:
        processes = demo.processes()
        # What is stopped cannot answer a request to end.
        demo.fleet("fault", "bureau-1", "silence")
        demo.signal(demo.process.pid, name)
        assert demo.process.wait(30) == status
        assert_nothing_remains(demo, processes)


def test_nothing_remains_after_the_keeper_was_killed():
    with Demo("--devices", "2") as demo:
        processes = demo.processes()
        keeper = next(pid for pid, _ in processes[1:] if int(stat_fields(pid)[1]) == demo.process.pid)
        demo.signal(keeper, "SIGKILL")
        demo.process.wait(30)
        assert_nothing_remains(demo, processes)


def test_a_dead_demos_directory_is_removed_by_the_next():
    left = os.path.join(RUNS, "run-left-by-a-test")
    os.makedirs(left, exist_ok=True)
    done = subprocess.run([DEMO, "--devices", "1", "--", "true"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not os.path.exists(left)


def test_a_living_demos_directory_is_left_alone():
    kept = os.path.join(RUNS, "run-kept-by-a-test")
    os.makedirs(kept, exist_ok=True)
    try:
        with open(os.path.join(kept, "owner"), "w", encoding="ascii") as owner:
            fcntl.flock(owner, fcntl.LOCK_EX)
            subprocess.run([DEMO, "--devices", "1", "--", "true"], capture_output=True, check=True)
            assert os.path.exists(kept)
    finally:
        os.unlink(os.path.join(kept, "owner"))
        os.rmdir(kept)


def test_two_demos_run_at_once():
    with Demo("--devices", "3") as one, Demo("--devices", "3") as other:
        assert one.run_directory != other.run_directory
        one.fleet("fault", "bureau-2", "heat", "81.5")
        one.wait_state("bureau-2", "degraded", "hot")
        other.wait_state("bureau-2", "up")  # it may still be waiting for another's PIN to prove right
        assert one.snmp("hsmdDeviceState.2") == ["degraded"]
        assert other.snmp("hsmdDeviceState.2") == ["up"]


def read_until(terminal, wanted, seconds):
    said, deadline = b"", time.monotonic() + seconds
    while wanted not in said:
        assert time.monotonic() < deadline, f"{wanted} did not show; there was: {said[-2000:]!r}"
        if select.select([terminal], [], [], 1)[0]:
            said += read_some(terminal)
    return said


def read_some(terminal):
    """What was written; a terminal that nobody holds any more is an input/output error."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def drain(terminal):
    """What a terminal does: takes what is written, so that nobody waits for it."""
    while select.select([terminal], [], [], 0)[0] and read_some(terminal):
        pass


def test_ctrl_c_ends_the_watch_screen():
    before = runs()
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        os.system("stty rows 24 columns 80")
        os.execv(DEMO, [DEMO, "--devices", "2"])
    processes, ends = [], []
    try:
        read_until(terminal, b"bureau-2", 90)
        read_until(terminal, b"snmpwalk $HSMD_SNMP HSMD-MIB::hsmdDeviceTable", 30)
        processes = [identity(pid), *descendants(pid)]
        os.write(terminal, b"\x03")

        def ended():
            drain(terminal)
            done, status = os.waitpid(pid, os.WNOHANG)
            ends.extend([os.waitstatus_to_exitcode(status)] if done else [])
            return ends

        wait_until(ended, 20, "the demo has ended")
    finally:
        if not ends:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        os.close(terminal)
    assert ends == [0]
    wait_until(lambda: not alive(processes), 15, "every process of the demo has ended")
    assert runs() <= before
